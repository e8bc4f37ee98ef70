// app/price_settings.h — [prices]: what calls of each model cost.
// Threads  value types
#pragma once
#include "gatehouse/config/schema.h"
#include "gatehouse/gateway/served_models.h"
#include "gatehouse/limits/price.h"

namespace gatehouse::app {

config::Schema<limits::Price> price_keys();
// Logs which prices are for no model that is served: nothing will ever cost them.
void warn_of_idle_prices(const limits::Prices& prices, const gateway::ServedModels& models);

}  // namespace gatehouse::app
