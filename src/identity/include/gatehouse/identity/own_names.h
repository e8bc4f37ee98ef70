// identity/own_names.h — the names that this installation has given itself in "iss": tokens that were sold under an earlier one are still
//          its own, because its keys have signed them.
// Threads  any reactor
// Errors   those of the store
#pragma once
#include <string>
#include <vector>

#include "gatehouse/store/ports.h"

namespace gatehouse::identity {

// What an installation calls itself that has no public address.
inline constexpr std::string_view nameless = "gatehouse";

// Every name there was, `now` among them; that one is kept from now on.
Task<Result<std::vector<std::string>>> remember_own_name(Reactor& reactor, store::Store& store, std::string now);

}  // namespace gatehouse::identity
