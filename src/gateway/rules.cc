#include "rules.h"

#include <algorithm>
#include <array>

namespace gatehouse::gateway {
namespace {

struct Rule {
  std::string_view reason, id;
};

// By the stage that decides. Ids are what operators look for: never change one.
constexpr std::array rules{
    // edge
    Rule{"invalid_host", "host.not_trusted"},
    Rule{"rate_limit_exceeded", "limit.rate"},
    Rule{"concurrency_exceeded", "limit.concurrency"},
    Rule{"quota_exceeded", "limit.used_up"},
    Rule{"host_missing", "host.missing"},
    // Doorkeeper
    Rule{"credential_missing", "credential.missing"},
    Rule{"ambiguous_credentials", "credential.ambiguous"},
    Rule{"api_key_invalid", "credential.invalid"},
    Rule{"api_key_expired", "credential.expired"},
    Rule{"api_key_revoked", "credential.revoked"},
    Rule{"token_invalid", "credential.invalid"},
    Rule{"token_expired", "credential.expired"},
    Rule{"token_revoked", "credential.revoked"},
    Rule{"token_tenant_missing", "credential.without_tenant"},
    Rule{"signature_malformed", "signature.malformed"},
    Rule{"signature_incomplete", "signature.incomplete"},
    Rule{"signature_early", "signature.early"},
    Rule{"signature_late", "signature.late"},
    Rule{"signature_invalid", "signature.invalid"},
    Rule{"signature_replayed", "signature.replayed"},
    Rule{"signature_required", "signature.required"},
    Rule{"too_many_signed", "signature.too_many"},
    Rule{"digest_malformed", "digest.malformed"},
    Rule{"digest_mismatch", "digest.mismatch"},
    Rule{"tenant_disabled", "tenant.disabled"},
    Rule{"user_inactive", "user.inactive"},
    Rule{"login_failed", "login.failed"},
    Rule{"login_slowed", "login.slowed"},
    Rule{"registration_closed", "registration.closed"},
    Rule{"invitation_invalid", "invitation.invalid"},
    Rule{"reset_token_invalid", "reset.invalid"},
    Rule{"role_not_allowed", "role.not_allowed"},
    Rule{"address_not_allowed", "address.not_allowed"},
    Rule{"scope_missing", "scope.missing"},
    // the desks
    Rule{"scope_not_allowed", "scope.not_allowed"},
    Rule{"tenant_not_found", "tenant.not_found"},
    Rule{"tenant_reserved", "tenant.reserved"},
    Rule{"user_not_found", "user.not_found"},
    Rule{"user_changed", "user.changed"},
    Rule{"invitation_not_found", "invitation.not_found"},
    Rule{"reset_not_found", "reset.not_found"},
    Rule{"giver_unknown", "giver.unknown"},
    Rule{"role_not_found", "role.not_found"},
    Rule{"role_in_use", "role.in_use"},
    Rule{"too_many_roles", "role.too_many"},
    Rule{"key_not_found", "key.not_found"},
    Rule{"budget_not_found", "budget.not_found"},
    Rule{"budget_not_allowed", "budget.not_allowed"},
    Rule{"key_is_revoked", "key.revoked"},
    Rule{"too_many_keys", "key.too_many"},
    // Authorizer
    Rule{"model_not_found", "model.not_found"},
    Rule{"model_not_allowed", "model.not_allowed"},
    Rule{"max_tokens_above_role", "role.max_tokens"},
    Rule{"n_above_role", "role.n"},
    Rule{"temperature_above_role", "role.temperature"},
    // Idempotency
    Rule{"idempotency_key_invalid", "idempotency.invalid"},
    Rule{"idempotency_key_in_flight", "idempotency.in_flight"},
    Rule{"idempotency_key_reused", "idempotency.reused"},
    Rule{"idempotent_call_broken_off", "idempotency.broken_off"},
    Rule{"idempotent_answer_not_kept", "idempotency.not_kept"},
    // Measure and Admission
    Rule{"context_length_exceeded", "context.exceeded"},
    Rule{"server_is_overloaded", "capacity.exceeded"},
    Rule{"model_loading", "model.not_ready"},
    Rule{"shutting_down", "server.stopping"},
};

}  // namespace

std::string_view rule_of(std::string_view reason) {
  if (reason.empty()) return {};
  const auto found = std::ranges::find(rules, reason, &Rule::reason);
  return found == rules.end() ? std::string_view() : found->id;
}

}  // namespace gatehouse::gateway
