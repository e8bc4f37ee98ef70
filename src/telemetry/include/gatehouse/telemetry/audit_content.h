// telemetry/audit_content.h — what was asked of a model, for whoever turned that on: kept beside the audit trail, not in it, so that it can
// be forgotten.
// Rules    masked before it is kept: e-mail addresses, numbers of seven digits and more (telephones, cards, identity cards), full-width
//          ones, too, and with blanks and dashes between them, and what looks like a key, a token, or secret bytes in base64. Masking
//          is by look alone: it may take too much, and what somebody writes out in words stays
// Cost     linear in the length of the text, whatever it is made of
// Units    bytes; microseconds since 1970, UTC
// Threads  pure functions and value types. With constructors, because aggregates in co_await expressions are destroyed twice by gcc 12
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gatehouse/telemetry/audit_record.h"

namespace gatehouse::telemetry {

struct AuditContent {
  AuditContent() = default;
  std::uint32_t tenant_number = 0;  // these three as its record has them
  std::string request_id;
  AuditTime time{};
  std::string text;  // JSON
  friend bool operator==(const AuditContent&, const AuditContent&) = default;
};

// The text with what is masked replaced by "[e-mail]", "[number]" and "[secret]". Masking that again changes nothing.
std::string mask_content(std::string_view text);

}  // namespace gatehouse::telemetry
