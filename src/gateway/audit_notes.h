// gateway/audit_notes.h — what of a request goes on record, and how it is named there.
// Threads  the reactor of the request
#pragma once
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/gateway/administration.h"
#include "gatehouse/gateway/audit_book.h"
#include "gatehouse/gateway/route.h"
#include "gatehouse/identity/principal.h"
#include "generator.h"

namespace gatehouse::gateway {

// Such as "create_api_key". Every action of a route has one.
std::string_view audit_name(Action action);

// One decision. Views: valid for the call.
struct Decision {
  Decision(const Route& route_, WallTime at_) : route(route_), at(at_) {}
  const Route& route;
  WallTime at;
  const identity::Principal* who = nullptr;  // null: nobody was let in
  const Subject* subject = nullptr;          // whom it is about then; null: nobody knows
  std::string_view object;                   // the id of what it is about, where the route is about something
  int status = 0;                            // 0: nothing was answered any more
  std::string_view reason;                   // of the error; empty: none
  std::string_view request_id, address;
};

telemetry::AuditRecord record_of(const Decision& decision);
// The same of a change that was made.
telemetry::AuditRecord record_of(const Decision& decision, const Reply& reply);

// Whether a route, asked by somebody known, changes something: what it is about to do is kept before it is done.
bool is_intended(const Route& route);
// That it is about to be done.
telemetry::AuditRecord intent_of(const Decision& decision);
// Whether an answer like that can only be given before anything is done. After any other an intent stays.
bool changed_nothing(const Error& error);

// After the answer: a record of its own, or one more that is counted.
void put_on_record(AuditBook& book, const Decision& decision, const Ledger& ledger);

}  // namespace gatehouse::gateway
