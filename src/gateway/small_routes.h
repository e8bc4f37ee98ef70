// gateway/small_routes.h — the routes that answer from what is already known: no body, no engine, no waiting.
// Threads  the reactor of the connection
#pragma once
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/gateway/route.h"
#include "gatehouse/gateway/served_models.h"
#include "gatehouse/net/exchange.h"
#include "gatehouse/telemetry/metrics.h"

namespace gatehouse::gateway {

class SmallRoutes {
 public:
  SmallRoutes(const ServedModels& models, telemetry::Metrics& metrics, std::string version, std::string build);

  // Only for actions that are not generations. parameter: what the path holds for {model}.
  // model_not_found
  Result<net::Response> answer(Action action, std::string_view parameter, const wire::RequestHead& head, bool draining) const;

 private:
  net::Response root(const wire::RequestHead& head) const;
  net::Response health_status() const;
  net::Response list_models() const;
  Result<net::Response> get_model(std::string_view parameter) const;

  const ServedModels& models_;
  telemetry::Metrics& metrics_;
  const std::string version_, build_, openapi_;
};

}  // namespace gatehouse::gateway
