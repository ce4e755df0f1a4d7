// The search field as a combobox with a list of links (ARIA APG: list autocomplete, manual).
// htmx fetches the list; without this file it is an ordinary form.

function combobox(form) {
  const field = form.querySelector("input[type=search]");
  const list = form.querySelector("[data-search-list]");
  let active = -1;
  let wanted = false;

  const options = () => [...list.querySelectorAll("[role=option]")];

  function choose(index) {
    active = index;
    for (const [place, option] of options().entries()) {
      option.setAttribute("aria-selected", String(place === index));
      if (place === index) {
        field.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
      }
    }
    if (index < 0) field.removeAttribute("aria-activedescendant");
  }

  function show(open) {
    const shown = open && options().length > 0;
    list.hidden = !shown;
    field.setAttribute("aria-expanded", String(shown));
    choose(-1);
  }

  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  list.setAttribute("role", "listbox");
  show(false);

  field.addEventListener("input", () => {
    wanted = field.value.trim() !== "";
    if (!wanted) show(false);
  });

  list.addEventListener("htmx:afterSwap", () => {
    for (const [place, option] of options().entries()) option.id = `${list.id}-${place}`;
    // What arrives after somebody left or sent the form stays closed.
    show(wanted && document.activeElement === field);
  });

  field.addEventListener("keydown", (event) => {
    const count = options().length;
    const open = !list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (count === 0) return;
      event.preventDefault();
      if (!open) show(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      // One place more than there are options: the field itself.
      choose(((active + 1 + step + count + 1) % (count + 1)) - 1);
    } else if (event.key === "Enter" && open && active >= 0) {
      event.preventDefault();
      options()[active].click();
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      show(false);
    }
  });

  form.addEventListener("submit", () => {
    wanted = false;
    show(false);
  });

  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) show(false);
  });

  // A tap on a suggestion must not take the focus first: the list would be gone before the click.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
}

for (const form of document.querySelectorAll("form[data-search]")) combobox(form);
