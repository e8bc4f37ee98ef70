// telemetry/audit_record.h — one decision for the audit trail: who asked for what, what came of it, and by which rule.
// Units    microseconds since 1970, UTC
// Rules    empty texts say nothing. No secret, no prompt and no answer ever stands in one
// Threads  value type. With a constructor, because aggregates in co_await expressions are destroyed twice by gcc 12
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "gatehouse/base/strong.h"

namespace gatehouse::telemetry {

using AuditTime = std::chrono::sys_time<std::chrono::microseconds>;

// The outcome of what was begun by a process that came to its end meanwhile: it may have been done, or not.
inline constexpr std::string_view audit_interrupted = "interrupted";

struct AuditRecord {
  AuditRecord() = default;
  AuditTime time{};
  TenantId tenant;                  // whose credential it was; empty: nobody was let in
  std::uint32_t tenant_number = 0;  // of that tenant; 0: none
  std::string user, key;            // their ids
  std::string action;               // such as "login", "create_api_key", "llm_generate"
  std::string route;                // such as "POST /v1/chat/completions", as the route table has it
  std::string resource_type, resource_id;
  std::string outcome;  // ok, refused, failed, client_gone, interrupted
  std::string rule;     // of the refusal, such as "scope.missing"
  std::string request_id, address;
  std::string model, task, finish;
  int status = 0;
  std::uint64_t prompt_tokens = 0, completion_tokens = 0;
  std::uint64_t count = 1;  // how many alike are folded into this one, within the minute that begins with its time
  std::int64_t intent = 0;  // which was kept before it was done, and that this takes the place of; 0: none. No part of what is kept
  friend bool operator==(const AuditRecord&, const AuditRecord&) = default;
};

// All of it, so that two records have the same bytes only when they are equal. Part of the data format: never change it.
std::string audit_bytes(const AuditRecord& record);

}  // namespace gatehouse::telemetry
