// Draws the routes of the service from its own OpenAPI document.
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#routes", deepLinking: true, validatorUrl: null });
