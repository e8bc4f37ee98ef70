// config/variables.h — settings from variables: GATEHOUSE_SERVER_LISTEN, and the names that other servers gave them.
#pragma once
#include <string_view>

#include "gatehouse/config/reading.h"
#include "resolver.h"

namespace gatehouse::config {

// Variables of one source: first foreign ones, then ours, which win. Those that begin with GATEHOUSE_ and are none of ours are a fault in
// a .env file and where they look like ours; what Kubernetes sets for a service called gatehouse never is.
void read_environment(const Variables& variables, Resolver& resolver);
void read_dotenv(const Document& document, Resolver& resolver);

}  // namespace gatehouse::config
