// gateway/admin/question_parts.h — what questions bring: bodies, pages, days and durations, each with a clear word when it is wrong.
// Errors   faults of the field at fault
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "gatehouse/gateway/administration.h"
#include "gatehouse/wire/json/document.h"

namespace gatehouse::gateway {

// The body as that request. An empty one is {}.
template <class Body>
Result<Body> read_body(const Question& question, Result<Body> (*read)(const wire::JsonValue&)) {
  wire::JsonParser parser;
  GH_TRY(const wire::JsonValue value, parser.parse(question.body.empty() ? std::string_view("{}") : question.body));
  return read(value);
}

Error bad_field(std::string path, std::string message, std::string expected);
// field: the JSON pointer of the member that holds it.
Result<std::optional<seconds>> read_duration(const std::optional<std::string>& text, std::string_view field);
// `limit` of the query, 1 to 1,000; 100 where nothing is said.
Result<std::size_t> read_limit(const wire::Form& query);
// That member of the query, true or false; false where nothing is said.
Result<bool> read_truth(const wire::Form& query, std::string_view name);
std::string read_after(const wire::Form& query);
// `day` of the query; today where nothing is said.
Result<store::Day> read_day(const wire::Form& query, WallTime now);
// What somebody reaches: everything, or their tenant.
store::Reach reach_of(const Question& question);
// The same of somebody who administers users: they give what their role has, or all that the tenant has where no role bounds them, whatever
// else their credential was granted. tenant:admin is that.
identity::Actor actor_of(const Question& question);
// Of routes about invitations and resets.
store::TicketKind ticket_kind_of(Action action);
// Whether that is a route of /api/keys; the others about keys are for who administers the platform.
bool is_about_own_keys(Action action);
// Whose keys they see to, and what they may give.
identity::KeyHolder holder_of(const Question& question);
// Of the tenant that the query names, or of who asks. Another tenant's is as if it were not there, for desks to say.
identity::RoleName role_asked_for(const Question& question);
// The tenant that a body names; where it names none, that of who asks.
TenantId tenant_of(const Question& question, const std::optional<std::string>& named);

}  // namespace gatehouse::gateway
