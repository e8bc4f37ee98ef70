// Nothing is remembered: a credential lives as long as the page. The validator of the maker would be asked over the network.

// Whoever authorises is told of the models that they may use: the document is asked for again, with what was entered. Where that is
// refused the page stays as it is.
const fieldsOf = (authorized) => {
  const fields = {};
  for (const one of Object.values(authorized)) {
    const schema = one.schema || {};
    if (schema.type === "apiKey") fields[schema.name] = one.value;
    else if (schema.type === "http") fields.Authorization = "Bearer " + one.value;
    else if (one.token) fields.Authorization = "Bearer " + one.token.access_token;
  }
  return fields;
};
let asked = 0;
const askAgain = (original, system) => (payload) => {
  const done = original(payload);
  const mine = ++asked;
  const authorized = system.authSelectors.authorized();
  fetch("openapi.json", { headers: fieldsOf(authorized ? authorized.toJS() : {}) })
    .then((answer) => (answer.ok ? answer.text() : null))
    .then((text) => text && mine === asked && system.specActions.updateSpec(text))
    .catch(() => {});
  return done;
};
const Told = { statePlugins: { auth: { wrapActions: { authorize: askAgain, authorizeOauth2: askAgain, logout: askAgain } } } };

window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [Told],
  layout: "BaseLayout",
  requestInterceptor: (request) => {
    // The password form sends its empty client fields as a credential of their own.
    if (request.headers && request.headers.Authorization === "Basic Og==") delete request.headers.Authorization;
    return request;
  },
});
