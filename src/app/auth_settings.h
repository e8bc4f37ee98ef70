// app/auth_settings.h — the keys of [auth], and what the desks of identity make of them.
// Threads  pure functions
#pragma once
#include "gatehouse/identity/accounts.h"
#include "settings.h"

namespace gatehouse::app {

config::Schema<AuthSettings> auth_keys();

identity::PasswordOptions password_options(const PasswordSettings& password);
identity::SessionRules session_rules(const AuthSettings& auth);
identity::PaceOptions pace_options(const LoginSettings& login);
identity::RegistrationRules registration_rules(const AuthSettings& auth);

}  // namespace gatehouse::app
