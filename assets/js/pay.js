// The card payment: Stripe's own element takes the card, our server never sees it.
const root = document.getElementById("payment");
const words = JSON.parse(document.getElementById("payment-words").textContent);
const { publishableKey, clientSecret, returnUrl, locale, seconds, payer } = root.dataset;
const button = document.getElementById("pay-button");
const problem = document.getElementById("card-problem");
const clock = document.getElementById("time-left");

function say(message) {
  problem.textContent = message || "";
  problem.hidden = !message;
}

function busy(now) {
  button.disabled = now;
  button.textContent = now ? words.paying : button.dataset.label;
}

/** Count the reservation down; at its end ask the server, which alone knows. */
const deadline = performance.now() + Number(seconds) * 1000;
function countDown() {
  const left = Math.max(0, Math.round((deadline - performance.now()) / 1000));
  clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  if (left > 0) setTimeout(countDown, 1000);
}

function start() {
  const stripe = window.Stripe(publishableKey, { locale });
  const elements = stripe.elements({ locale });
  const card = elements.create("card", { hidePostalCode: true });
  card.mount("#card-element");
  card.on("change", (event) => say(event.error && event.error.message));
  button.hidden = false;
  button.addEventListener("click", async () => {
    say("");
    busy(true);
    let result;
    try {
      result = await stripe.confirmCardPayment(clientSecret, {
        payment_method: { card, billing_details: { name: payer } },
      });
    } catch {
      // Whether it went through is not known here: the server asks Stripe.
      window.location.assign(returnUrl);
      return;
    }
    const settled = ["payment_intent_unexpected_state", "api_connection_error"];
    if (result.error && !settled.includes(result.error.code || result.error.type)) {
      say(result.error.message || words.refused);
      busy(false);
      return;
    }
    window.location.assign(returnUrl);
  });
}

countDown();
if (window.Stripe) start();
else say(words.unreachable);
