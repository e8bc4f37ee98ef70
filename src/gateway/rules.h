// gateway/rules.h — the rule by which something was refused: for the log and the audit trail, never for the reply.
// Threads  pure function
#pragma once
#include <string_view>

namespace gatehouse::gateway {

// reason: an Error's. Such as "scope.missing"; empty where the reason is no decision about who may do what, but a mistake or a failure.
std::string_view rule_of(std::string_view reason);

}  // namespace gatehouse::gateway
