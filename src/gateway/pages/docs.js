// Nothing is remembered: a credential lives as long as the page. The validator of the maker would be asked over the network.
window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  requestInterceptor: (request) => {
    // The password form sends its empty client fields as a credential of their own.
    if (request.headers && request.headers.Authorization === "Basic Og==") delete request.headers.Authorization;
    return request;
  },
});
