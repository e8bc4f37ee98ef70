#include "gatehouse/store/errors.h"

#include <chrono>

namespace gatehouse::store {
namespace {

Error conflict(std::string_view reason, std::string text) { return Error(Code::conflict, Origin::caller, reason, std::move(text)); }
Error not_found(std::string_view reason, std::string text) { return Error(Code::not_found, Origin::caller, reason, std::move(text)); }

}  // namespace

Error tenant_exists() { return conflict("tenant_exists", "A tenant with this id exists already"); }
Error user_exists() { return conflict("user_exists", "A user with this id exists already"); }
Error role_exists() { return conflict("role_exists", "A role with this name exists already").with_param("name"); }
Error role_in_use() { return conflict("role_in_use", "Users have this role: give them another one first").with_param("name"); }
Error too_many_roles() { return conflict("too_many_roles", "A tenant has at most 100 roles: delete one that is not needed"); }
Error username_taken() { return conflict("username_taken", "This user name is taken").with_param("username"); }
Error email_taken() { return conflict("email_taken", "This e-mail address is taken").with_param("email"); }
Error session_exists() { return conflict("session_exists", "A session with this id exists already"); }
Error key_exists() { return conflict("key_exists", "An API key with this id exists already"); }
Error signing_key_exists() { return conflict("signing_key_exists", "A signing key with this id exists already"); }
Error budget_exists() {
  return conflict("budget_exists", "There is a budget for the same, of the same unit and period, already: change its amount");
}
Error nonce_taken() { return conflict("nonce_taken", "This nonce has been used already"); }
Error version_conflict() {
  return conflict("version_conflict", "It was changed by someone else meanwhile: read it again, then repeat your change");
}
Error user_changed() { return conflict("user_changed", "The user was changed meanwhile: try again"); }

Error tenant_not_found() { return not_found("tenant_not_found", "There is no such tenant"); }
Error user_not_found() { return not_found("user_not_found", "There is no such user"); }
Error role_not_found() { return not_found("role_not_found", "There is no such role"); }
Error session_not_found() { return not_found("session_not_found", "There is no such session"); }
Error ticket_not_found() { return not_found("ticket_not_found", "There is no such ticket, or it has been used"); }
Error key_not_found() { return not_found("key_not_found", "There is no such API key"); }
Error signing_key_not_found() { return not_found("signing_key_not_found", "There is no such signing key"); }
Error budget_not_found() { return not_found("budget_not_found", "There is no such budget"); }

Error already_initialised() {
  return Error(Code::conflict, Origin::operator_, "already_initialised", "The store is initialised already; nothing was changed");
}

Error role_unknown(std::string_view name) {
  return caller_error("role_unknown", "The tenant has no role '" + std::string(name.substr(0, 64)) + "'").with_param("role");
}

Error record_invalid(std::string_view field, std::string_view what) {
  return caller_error("record_invalid", std::string(field) + " " + std::string(what)).with_param(std::string(field));
}

Error too_many_nonces() {
  return Error(Code::unavailable, Origin::gatehouse, "too_many_nonces", "Too many signed requests came within their window")
      .with_retry(Retry::after(std::chrono::seconds(30)));
}

Error too_many_idempotent_calls() {
  return Error(Code::unavailable, Origin::gatehouse, "too_many_idempotent_calls", "Too many requests with an Idempotency-Key came in a day")
      .with_retry(Retry::after(std::chrono::seconds(30)));
}

Error store_unavailable(std::string detail) {
  return Error(Code::unavailable, Origin::gatehouse, "store_unavailable", "The store is not available, please try again later")
      .with_retry(Retry::after(std::chrono::seconds(5)))
      .with_detail(std::move(detail));
}

}  // namespace gatehouse::store
