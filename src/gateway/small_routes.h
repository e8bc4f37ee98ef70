// gateway/small_routes.h — the routes that answer from what is already known: no body, no engine, and but for the document, no waiting.
// Threads  the reactor of the connection
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/gateway/route.h"
#include "gatehouse/gateway/served_models.h"
#include "gatehouse/identity/principal.h"
#include "gatehouse/net/exchange.h"
#include "gatehouse/telemetry/metrics.h"
#include "interface_document.h"

namespace gatehouse::gateway {

struct SmallFacts {
  std::string version, build;
  std::string title;                // of the OpenAPI document
  std::string home;                 // where GET / sends a browser; empty: nowhere
  std::vector<std::string> models;  // that the document describes; "*": all
};

class SmallRoutes {
 public:
  SmallRoutes(const ServedModels& models, telemetry::Metrics& metrics, SmallFacts facts);

  // Action::openapi; who: null where nobody says who they are.
  Task<net::Response> document(Reactor& reactor, const wire::RequestHead& head, const identity::Principal* who) const;
  // Only for other actions that need no engine and change nothing.
  // model_not_found, model_not_allowed, not_found (a file of the pages)
  // who: null where anybody may ask.
  Result<net::Response> answer(const RouteMatch& match, const wire::RequestHead& head, const identity::Principal* who, bool draining) const;

 private:
  Result<net::Response> documentation(Action action, std::string_view parameter, const wire::RequestHead& head) const;
  net::Response root(const wire::RequestHead& head) const;
  net::Response health_status() const;
  net::Response list_models(const identity::Principal& who) const;
  Result<net::Response> get_model(std::string_view parameter, const identity::Principal& who) const;

  const ServedModels& models_;
  telemetry::Metrics& metrics_;
  const SmallFacts facts_;
  const InterfaceDocument openapi_;
};

}  // namespace gatehouse::gateway
