// The inside of the card element: the only place where a card number is. It talks to the page
// around it by messages, and to the API by itself, so that the page never sees the number.
(function () {
  "use strict";

  var WORDS = {
    en: {
      cardnumber: "Card number", "exp-date": "MM / YY", cvc: "CVC", postal: "ZIP",
      expLabel: "Expiry date (month / year)", title: "Card details",
      invalid_number: "Your card number is invalid.",
      incomplete_number: "Your card number is incomplete.",
      incomplete_expiry: "Your card's expiration date is incomplete.",
      invalid_expiry_month: "Your card's expiration month is invalid.",
      invalid_expiry_year_past: "Your card's expiration year is in the past.",
      incomplete_cvc: "Your card's security code is incomplete.",
      incomplete_zip: "Your postal code is incomplete."
    },
    zh: {
      cardnumber: "卡号", "exp-date": "月 / 年", cvc: "CVC", postal: "邮编",
      expLabel: "有效期（月 / 年）", title: "银行卡信息",
      invalid_number: "您的卡号无效。",
      incomplete_number: "您的卡号不完整。",
      incomplete_expiry: "您的银行卡有效期不完整。",
      invalid_expiry_month: "您的银行卡有效月份无效。",
      invalid_expiry_year_past: "您的银行卡已过有效期。",
      incomplete_cvc: "您的银行卡安全码不完整。",
      incomplete_zip: "您的邮编不完整。"
    }
  };

  var settings = JSON.parse(decodeURIComponent(location.hash.slice(1) || "%7B%7D"));
  var origin = settings.origin || "*";
  var api = location.href.replace(/\/frames\/card.*$/, "");
  var words = WORDS[/^zh/i.test(settings.locale || "") ? "zh" : "en"];
  document.documentElement.lang = words === WORDS.zh ? "zh" : "en";
  document.title = words.title;

  var form = document.querySelector("form");
  var fields = {};
  ["cardnumber", "exp-date", "cvc", "postal"].forEach(function (name) {
    var input = form.elements[name];
    fields[name] = input;
    input.placeholder = words[name];
    document.querySelector("label[for=" + input.id + "]").textContent =
      name === "exp-date" ? words.expLabel : words[name];
    input.addEventListener("input", function () { typed(name); });
    input.addEventListener("focus", function () { tell("focus"); });
    input.addEventListener("blur", function () { input.dataset.left = "1"; changed(); tell("blur"); });
    input.addEventListener("keydown", function (event) {
      if (event.key === "Escape") { tell("escape"); }
    });
  });
  form.addEventListener("submit", function (event) { event.preventDefault(); });

  function tell(kind, data) {
    parent.postMessage({ sandboxFrame: settings.name, kind: kind, data: data || null }, origin);
  }

  function digits(name) { return fields[name].value.replace(/\D/g, ""); }

  function brand() {
    var number = digits("cardnumber");
    if (/^4/.test(number)) { return "visa"; }
    if (/^(5[1-5]|2[2-7])/.test(number)) { return "mastercard"; }
    if (/^3[47]/.test(number)) { return "amex"; }
    if (/^62/.test(number)) { return "unionpay"; }
    return "unknown";
  }

  function luhn(number) {
    var sum = 0;
    for (var i = 0; i < number.length; i++) {
      var digit = +number[number.length - 1 - i];
      if (i % 2) { digit = digit > 4 ? digit * 2 - 9 : digit * 2; }
      sum += digit;
    }
    return sum % 10 === 0;
  }

  function fullLength() { return brand() === "amex" ? 15 : 16; }

  // Each field: "" when complete, else the code of what is wrong.
  function faults() {
    var number = digits("cardnumber"), expiry = digits("exp-date"), now = new Date();
    var month = +expiry.slice(0, 2), year = 2000 + +expiry.slice(-2);
    var found = { cardnumber: "", "exp-date": "", cvc: "", postal: "" };
    if (number.length < fullLength()) { found.cardnumber = "incomplete_number"; }
    else if (!luhn(number)) { found.cardnumber = "invalid_number"; }
    if (expiry.length >= 2 && (month < 1 || month > 12)) { found["exp-date"] = "invalid_expiry_month"; }
    else if (expiry.length !== 4 && expiry.length !== 6) { found["exp-date"] = "incomplete_expiry"; }
    else if (year * 12 + month < now.getFullYear() * 12 + now.getMonth() + 1) {
      found["exp-date"] = "invalid_expiry_year_past";
    }
    if (digits("cvc").length < (brand() === "amex" ? 4 : 3)) { found.cvc = "incomplete_cvc"; }
    if (!settings.hidePostalCode && !fields.postal.value.trim()) { found.postal = "incomplete_zip"; }
    return found;
  }

  function error(all) {
    var found = faults();
    for (var name in found) {
      var code = found[name];
      // What is only unfinished is no fault until the buyer has left the field, or wants to pay.
      var shown = code && (all || !/^incomplete/.test(code) ||
        (fields[name].dataset.left && fields[name].value));
      fields[name].classList.toggle("invalid", Boolean(shown));
      fields[name].setAttribute("aria-invalid", shown ? "true" : "false");
      if (shown) { return { type: "validation_error", code: code, message: words[code] }; }
    }
    return null;
  }

  function state(all) {
    var found = faults(), names = ["cardnumber", "exp-date", "cvc"];
    return {
      elementType: "card",
      brand: brand(),
      complete: Object.keys(found).every(function (name) { return !found[name]; }),
      empty: names.every(function (name) { return !fields[name].value; }),
      error: error(all) || undefined,
      value: { postalCode: fields.postal.value.trim() }
    };
  }

  function changed() {
    var badge = document.getElementById("brand"), known = brand() !== "unknown";
    badge.textContent = known ? brand().slice(0, 4).toUpperCase() : "CARD";
    badge.classList.toggle("known", known);
    tell("change", state(false));
  }

  function typed(name) {
    var input = fields[name], plain = digits(name);
    if (name === "cardnumber") {
      plain = plain.slice(0, fullLength());
      input.value = brand() === "amex"
        ? plain.replace(/^(\d{4})(\d{1,6})?(\d{1,5})?$/, function (all, a, b, c) {
            return [a, b, c].filter(Boolean).join(" ");
          })
        : plain.replace(/(\d{4})(?=\d)/g, "$1 ");
      if (plain.length === fullLength() && luhn(plain) && document.activeElement === input) {
        fields["exp-date"].focus();
      }
    } else if (name === "exp-date") {
      if (/^[2-9]$/.test(plain)) { plain = "0" + plain; }
      if (plain.length === 6) { plain = plain.slice(0, 2) + plain.slice(4); }
      plain = plain.slice(0, 4);
      input.value = plain.length > 2 ? plain.slice(0, 2) + " / " + plain.slice(2) : plain;
      if (plain.length === 4 && document.activeElement === input) { fields.cvc.focus(); }
    } else if (name === "cvc") {
      input.value = plain.slice(0, 4);
    }
    changed();
  }

  function card() {
    var expiry = digits("exp-date");
    return {
      number: digits("cardnumber"),
      exp_month: String(+expiry.slice(0, 2)),
      exp_year: "20" + expiry.slice(-2),
      cvc: digits("cvc")
    };
  }

  function encode(value, key, out) {
    if (value === null || value === undefined) { return out; }
    if (typeof value === "object") {
      Object.keys(value).forEach(function (name) {
        encode(value[name], key ? key + "[" + name + "]" : name, out);
      });
    } else { out.append(key, String(value)); }
    return out;
  }

  function call(path, data) {
    data.key = settings.key;
    return fetch(api + path, { method: "POST", body: encode(data, "", new URLSearchParams()) })
      .then(function (response) { return response.json(); });
  }

  var commands = {
    // Sends the form's card to PATH, as `payment_method_data` or as the body itself.
    send: function (data) {
      var now = state(true);
      if (!now.complete) {
        changed();
        return Promise.resolve({ error: now.error });
      }
      var method = { type: "card", card: card() };
      if (data.billing_details) { method.billing_details = data.billing_details; }
      if (!settings.hidePostalCode && now.value.postalCode) {
        method.billing_details = method.billing_details || {};
        method.billing_details.address = method.billing_details.address || {};
        method.billing_details.address.postal_code = now.value.postalCode;
      }
      if (data.metadata) { method.metadata = data.metadata; }
      if (!data.body) { return call(data.path, method); }
      data.body.payment_method_data = method;
      return call(data.path, data.body);
    },
    clear: function () {
      Object.keys(fields).forEach(function (name) {
        fields[name].value = "";
        delete fields[name].dataset.left;
      });
      changed();
    },
    focus: function () { fields.cardnumber.focus(); },
    blur: function () { document.activeElement.blur(); },
    update: function (options) { apply(options); }
  };

  function apply(options) {
    var base = (options.style || {}).base || {}, invalid = (options.style || {}).invalid || {};
    ["color", "fontFamily", "fontSize", "fontWeight", "letterSpacing", "lineHeight"].forEach(
      function (name) { if (base[name]) { form.style[name] = base[name]; } });
    var placeholder = (base["::placeholder"] || {}).color;
    if (placeholder) { document.body.style.setProperty("--placeholder", placeholder); }
    if (invalid.color) { document.body.style.setProperty("--invalid", invalid.color); }
    if ("hidePostalCode" in options) { settings.hidePostalCode = options.hidePostalCode; }
    fields.postal.hidden = Boolean(settings.hidePostalCode);
    if ("disabled" in options) {
      Object.keys(fields).forEach(function (name) { fields[name].disabled = options.disabled; });
    }
  }

  window.addEventListener("message", function (event) {
    var data = event.data || {};
    if (event.source !== parent || data.sandboxFor !== settings.name || !commands[data.command]) {
      return;
    }
    Promise.resolve(commands[data.command](data.data || {})).then(
      function (result) { tell("answer", { id: data.id, result: result || {} }); },
      function () { tell("answer", { id: data.id, result: { network: true } }); });
  });

  apply(settings);
  tell("ready");
})();
