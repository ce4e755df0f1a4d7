// The calls of stripe.js that a card form needs, against the sandbox that served this script.
(function () {
  "use strict";

  var source = document.currentScript && document.currentScript.src;
  var api = source.replace(/[?#].*$/, "").replace(/\/(v3\/?|sandbox\.js)$/, "");
  var site = new URL(api).origin;
  var frames = 0;

  // What stripe.js says in Chinese to the refusals of the API.
  var CHINESE = {
    card_declined: "您的银行卡被拒绝了。",
    insufficient_funds: "您的银行卡余额不足。",
    expired_card: "您的银行卡已过期。",
    incorrect_cvc: "您的银行卡安全码不正确。",
    incorrect_number: "您的卡号不正确。",
    processing_error: "处理您的银行卡时出错，请稍后重试。",
    payment_intent_authentication_failure: "我们无法验证您的支付方式，请换一种支付方式后重试。",
    authentication_required: "您的银行卡被拒绝了，此交易需要验证。",
    api_connection_error: "我们无法连接支付服务，请检查网络后重试。"
  };
  var OFFLINE = "We are experiencing issues connecting to our payments provider. " +
    "Please check your internet connection and try again.";

  function encode(value, key, out) {
    if (value === null || value === undefined) { return out; }
    if (typeof value === "object") {
      Object.keys(value).forEach(function (name) {
        encode(value[name], key ? key + "[" + name + "]" : name, out);
      });
    } else { out.append(key, String(value)); }
    return out;
  }

  function Element(type, options, shared) {
    if (type !== "card") { throw new Error("The sandbox has the element card only, not " + type); }
    var self = this, handlers = {}, waiting = {}, calls = 0, ready = false, queue = [];
    var name = "__privateStripeFrame" + (1000 + ++frames);
    var frame = null, host = null;

    function fire(kind, data) {
      (handlers[kind] || []).slice().forEach(function (handler) { handler(data); });
    }

    function post(message) { frame.contentWindow.postMessage(message, site); }

    function heard(event) {
      var data = event.data || {};
      if (!frame || event.source !== frame.contentWindow || data.sandboxFrame !== name) { return; }
      if (data.kind === "ready") {
        ready = true;
        queue.splice(0).forEach(post);
        fire("ready", { elementType: "card" });
      } else if (data.kind === "answer") {
        waiting[data.data.id](data.data.result);
        delete waiting[data.data.id];
      } else {
        if (data.kind === "change") { paint(data.data); }
        if (data.kind === "focus" || data.kind === "blur") {
          host.classList.toggle("StripeElement--focus", data.kind === "focus");
        }
        fire(data.kind, data.data || { elementType: "card" });
      }
    }

    function paint(state) {
      host.classList.toggle("StripeElement--empty", state.empty);
      host.classList.toggle("StripeElement--complete", state.complete);
      host.classList.toggle("StripeElement--invalid", Boolean(state.error));
    }

    self._send = function (command, data) {
      if (!frame) { return Promise.reject(new Error("The element is not mounted.")); }
      return new Promise(function (resolve) {
        var message = { sandboxFor: name, command: command, id: ++calls, data: data || {} };
        waiting[calls] = resolve;
        if (ready) { post(message); } else { queue.push(message); }
      });
    };

    self.mount = function (target) {
      var place = typeof target === "string" ? document.querySelector(target) : target;
      if (!place) {
        throw new Error("The selector you specified (" + target + ") applies to no DOM elements.");
      }
      if (frame) { self.unmount(); }
      host = place;
      host.textContent = "";
      host.classList.add("StripeElement", "StripeElement--empty");
      frame = document.createElement("iframe");
      var settings = {
        name: name, key: shared.key, origin: location.origin, style: options.style,
        locale: shared.locale, hidePostalCode: options.hidePostalCode, disabled: options.disabled
      };
      frame.name = name;
      frame.title = /^zh/i.test(shared.locale) ? "安全银行卡支付输入框"
        : "Secure card payment input frame";
      frame.setAttribute("allow", "payment *");
      frame.setAttribute("scrolling", "no");
      frame.style.cssText = "border:0;width:100%;height:1.6em;display:block;background:transparent";
      frame.src = api + "/frames/card#" + encodeURIComponent(JSON.stringify(settings));
      window.addEventListener("message", heard);
      host.appendChild(frame);
      return self;
    };

    self.unmount = function () {
      window.removeEventListener("message", heard);
      if (frame) { frame.remove(); }
      if (host) { host.className = host.className.replace(/\s*StripeElement\S*/g, ""); }
      frame = null;
      ready = false;
      return self;
    };
    self.destroy = function () { self.unmount(); handlers = {}; shared.card = null; return self; };
    self.on = function (kind, handler) {
      (handlers[kind] = handlers[kind] || []).push(handler);
      return self;
    };
    self.off = function (kind, handler) {
      handlers[kind] = (handlers[kind] || []).filter(function (old) {
        return handler && old !== handler;
      });
      return self;
    };
    self.once = function (kind, handler) {
      function first(data) { self.off(kind, first); handler(data); }
      return self.on(kind, first);
    };
    self.update = function (changes) {
      Object.keys(changes).forEach(function (key) { options[key] = changes[key]; });
      if (frame) { self._send("update", changes); }
      return self;
    };
    ["clear", "focus", "blur"].forEach(function (command) {
      self[command] = function () { if (frame) { self._send(command); } };
    });
  }

  // Shows the bank's page over ours until it says that it is over.
  function overlay(url, locale) {
    return new Promise(function (resolve) {
      var chinese = /^zh/i.test(locale), layer = document.createElement("div");
      layer.setAttribute("role", "dialog");
      layer.setAttribute("aria-modal", "true");
      layer.setAttribute("aria-label", chinese ? "3D 验证" : "3-D Secure");
      layer.setAttribute("data-testid", "three-d-secure");
      layer.style.cssText = "position:fixed;inset:0;z-index:2147483647;display:flex;padding:16px;" +
        "align-items:center;justify-content:center;background:rgba(0,0,0,.55)";
      var page = document.createElement("iframe");
      page.name = "__privateStripeFrame" + (1000 + ++frames);
      page.title = chinese ? "3D 验证" : "3-D Secure authentication";
      page.setAttribute("data-testid", "three-d-secure-frame");
      page.style.cssText = "border:0;border-radius:12px;width:100%;max-width:400px;height:320px;" +
        "background:#fff";
      page.src = url + "?locale=" + encodeURIComponent(locale);
      function heard(event) {
        if (event.source !== page.contentWindow || !(event.data || {}).sandbox3ds) { return; }
        window.removeEventListener("message", heard);
        layer.remove();
        resolve();
      }
      window.addEventListener("message", heard);
      layer.appendChild(page);
      document.body.appendChild(layer);
      page.focus();
    });
  }

  function Stripe(key, given) {
    if (!/^pk_/.test(key || "")) {
      throw new Error("Invalid value for Stripe(): apiKey should be a publishable key.");
    }
    if (!(this instanceof Stripe)) { return new Stripe(key, given); }
    var locale = (given || {}).locale;
    if (!locale || locale === "auto") { locale = navigator.language || "en"; }

    function localised(error) {
      var chinese = /^zh/i.test(locale) &&
        (CHINESE[error.decline_code] || CHINESE[error.code]);
      if (chinese) { error.message = chinese; }
      return error;
    }

    function unreachable() {
      return { error: localised({
        type: "api_connection_error", code: "api_connection_error", message: OFFLINE
      }) };
    }

    function call(method, path, data) {
      data.key = key;
      var body = encode(data, "", new URLSearchParams());
      var request = method === "GET" ? fetch(api + path + "?" + body)
        : fetch(api + path, { method: method, body: body });
      return request.then(function (response) { return response.json(); });
    }

    function split(clientSecret) {
      var match = /^(pi_[A-Za-z0-9]+)_secret_/.exec(clientSecret || "");
      if (!match) {
        throw new Error("Invalid value for the client secret: it should be a string of the form " +
          "pi_…_secret_….");
      }
      return "/v1/payment_intents/" + match[1];
    }

    function result(answer, field) {
      if (answer.network) { return unreachable(); }
      if (answer.error) { return { error: localised(answer.error) }; }
      var found = {};
      found[field] = answer;
      return found;
    }

    function retrieve(clientSecret) {
      return call("GET", split(clientSecret), { client_secret: clientSecret }).then(
        function (answer) { return result(answer, "paymentIntent"); }, unreachable);
    }

    // Runs the 3-D Secure challenge that the intent waits for, if it waits for one.
    function handle(found, clientSecret) {
      var intent = found.paymentIntent;
      if (!intent || intent.status !== "requires_action") { return found; }
      var url = intent.next_action.type === "redirect_to_url" ? null
        : intent.next_action.use_stripe_sdk.stripe_js;
      if (!url) {
        location.assign(intent.next_action.redirect_to_url.url);
        return new Promise(function () {});
      }
      url = api + "/3ds/" + url.split("/3ds/")[1];
      return overlay(url, locale).then(function () { return retrieve(clientSecret); })
        .then(function (after) {
          var intent = after.paymentIntent;
          if (intent && intent.status === "requires_payment_method" && intent.last_payment_error) {
            var error = Object.assign({}, intent.last_payment_error, { payment_intent: intent });
            return { error: localised(error) };
          }
          return after;
        });
    }

    this.elements = function (options) {
      var shared = { key: key, locale: (options || {}).locale || locale, card: null };
      if (shared.locale === "auto") { shared.locale = locale; }
      return {
        create: function (type, settings) {
          if (shared.card) { throw new Error("Can only create one Element of type card."); }
          shared.card = new Element(type, Object.assign({}, settings), shared);
          return shared.card;
        },
        getElement: function () { return shared.card; }
      };
    };

    this.createPaymentMethod = function (data) {
      var sent = data.card instanceof Element
        ? data.card._send("send", {
            path: "/v1/payment_methods", billing_details: data.billing_details,
            metadata: data.metadata
          })
        : call("POST", "/v1/payment_methods", Object.assign({}, data));
      return sent.then(function (answer) { return result(answer, "paymentMethod"); }, unreachable);
    };

    this.retrievePaymentIntent = retrieve;

    this.confirmCardPayment = function (clientSecret, data, options) {
      var path = split(clientSecret) + "/confirm", method = (data || {}).payment_method, sent;
      if (!method) {
        return retrieve(clientSecret).then(function (found) {
          var intent = found.paymentIntent;
          if (!intent || intent.status === "requires_action") { return handle(found, clientSecret); }
          return confirm();
        });
      }
      return confirm();

      function confirm() {
        var body = { client_secret: clientSecret, use_stripe_sdk: true };
        ["receipt_email", "shipping", "setup_future_usage", "return_url"].forEach(function (name) {
          if (data && data[name]) { body[name] = data[name]; }
        });
        if (method && method.card instanceof Element) {
          sent = method.card._send("send", {
            path: path, body: body, billing_details: method.billing_details
          });
        } else {
          if (typeof method === "string") { body.payment_method = method; }
          else if (method) { body.payment_method_data = Object.assign({ type: "card" }, method); }
          sent = call("POST", path, body);
        }
        return sent.then(function (answer) {
          var found = result(answer, "paymentIntent");
          if (options && options.handleActions === false) { return found; }
          return handle(found, clientSecret);
        }, unreachable);
      }
    };

    this.handleCardAction = this.handleNextAction = function (given) {
      var clientSecret = typeof given === "string" ? given : given.clientSecret;
      return retrieve(clientSecret).then(function (found) { return handle(found, clientSecret); });
    };
  }

  window.Stripe = Stripe;
})();
