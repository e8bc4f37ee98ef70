// store/errors.h — what stores answer when they cannot do what was asked: the same words, whatever keeps the data.
#pragma once
#include <string>
#include <string_view>

#include "gatehouse/base/error.h"

namespace gatehouse::store {

// conflict, origin caller
Error tenant_exists();
Error user_exists();
Error role_exists();
// Users have it.
Error role_in_use();
Error too_many_roles();
Error username_taken();
Error email_taken();
Error session_exists();
Error key_exists();
Error signing_key_exists();
Error budget_exists();
Error nonce_taken();
Error version_conflict();
// The password is another, or they are not active any more.
Error user_changed();
// not_found, origin caller
Error tenant_not_found();
Error user_not_found();
Error role_not_found();
Error session_not_found();
Error ticket_not_found();
Error key_not_found();
Error signing_key_not_found();
Error budget_not_found();
// conflict, origin operator
Error already_initialised();
// Of somebody who is to have it; invalid_argument.
Error role_unknown(std::string_view name);
// A record that must not be kept; invalid_argument. param names the field.
Error record_invalid(std::string_view field, std::string_view what);
// More nonces are kept than may be; 503.
Error too_many_nonces();
// The same of idempotent calls of a tenant.
Error too_many_idempotent_calls();
// Disk full, disk or file broken, queue full; 503, worth trying again a few seconds later.
Error store_unavailable(std::string detail);

}  // namespace gatehouse::store
