Redoc.init("openapi.json", { hideDownloadButton: false, nativeScrollbars: true, expandResponses: "200" }, document.getElementById("redoc"));
