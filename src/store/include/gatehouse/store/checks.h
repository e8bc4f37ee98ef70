// store/checks.h — what a record must be to be kept. Stores ask before they write, so that all of them keep the same.
// Rules    text is UTF-8 (the caller's word) without NUL
// Errors   record_invalid, which names the field
#pragma once
#include <cstddef>

#include "gatehouse/base/result.h"
#include "gatehouse/store/records.h"

namespace gatehouse::store {

inline constexpr std::size_t most_roles = 100;  // of a tenant: all are kept in memory

Status check(const Tenant& tenant);
Status check(const Role& role);
Status check(const User& user);
Status check(const Session& session);
Status check(const Ticket& ticket);
Status check(const ApiKey& key);
Status check(const KeyUse& use);
Status check(const IdempotentCall& call);
Status check_sealed_answer(const std::string& bytes);
Status check(const SigningKey& key);
Status check(const Revocation& revocation);
Status check(const UsageRow& row);
Status check(const Budget& budget);
Status check(const LedgerBatch& batch);
Status check_setting(const std::string& name, const std::string& value);

}  // namespace gatehouse::store
