#include "auth_settings.h"

#include "setting_checks.h"

namespace gatehouse::app {
namespace {

using config::Schema;
constexpr std::int64_t a_day = 24 * 60 * 60;
constexpr std::int64_t least_password_memory = std::int64_t{7} * 1024 * 1024,
                       most_password_memory = std::int64_t{1024} * identity::PasswordCost::most_memory_kib;

std::optional<std::string> register_tenant_fault(std::string_view text) {
  if (text != identity::reserved_tenant) return must_not_be_empty(text);
  return "is the tenant of those who run the installation: nobody registers into it";
}

Schema<PasswordSettings> password_keys() {
  using S = PasswordSettings;
  Schema<S> keys;
  keys.size(
      "memory", &S::memory, {least_password_memory, most_password_memory},
      "Memory that it takes to check a password (Argon2id). What it costs stands with each password that is kept: a change is for those "
      "that are set from then on, and old ones are still taken.");
  keys.integer("passes", &S::passes, {1, identity::PasswordCost::most_passes},
               "How often that memory is gone through; memory times passes is at least 35MiB.");
  keys.integer("at_once", &S::at_once, {1, 64}, "How many passwords are worked on at once, each on a thread that is behind all others.");
  return keys;
}

Schema<LoginSettings> login_keys() {
  using S = LoginSettings;
  Schema<S> keys;
  keys.integer(
      "failures", &S::failures, {0, 1'000'000},
      "How many wrong passwords somebody may give for one user from one address before each makes them wait twice as long as the one "
      "before it; a right one forgets them. 0 is any number, here and in the next two.");
  keys.integer("address_failures", &S::address_failures, {0, 1'000'000}, "The same from one address, whatever the user.");
  keys.integer("user_failures", &S::user_failures, {0, 1'000'000},
               "The same for one user, whatever the address; where that user was let in before they need not wait for it.");
  keys.duration("longest_wait", &S::longest_wait, {1, a_day},
                "The longest such wait, after which one more is looked at; nobody is locked out.");
  return keys;
}

}  // namespace

Schema<AuthSettings> auth_keys() {
  using S = AuthSettings;
  using wire::JwsAlgorithm;
  Schema<S> keys;
  keys.choice<AuthMode>("mode", &S::mode, {{"on", AuthMode::on}, {"off", AuthMode::off}},
                        "off lets everybody in as the tenant demo, and is possible where all listeners are on loopback.");
  keys.choice<JwsAlgorithm>(
          "algorithm", &S::algorithm,
          {{"EdDSA", JwsAlgorithm::eddsa},
           {"ES256", JwsAlgorithm::es256},
           {"RS256", JwsAlgorithm::rs256},
           {"PS256", JwsAlgorithm::ps256},
           {"HS256", JwsAlgorithm::hs256}},
          "What our own tokens are signed with. Where this is set, and the key that signs is of another algorithm, a start "
          "makes a new key; tokens of the one before it are taken until they expire.")
      .alias("ALGORITHM");
  keys.text("secret", &S::secret,
            "With algorithm HS256: the secret that tokens are signed with, for other servers that check them with the same one; unset, the "
            "server makes its own. At least 32 bytes; a variable or .env is a better place for it than a file that many read.")
      .hidden()
      .checked(secret_fault)
      .alias("SECRET_KEY")
      .alias("JWT_SECRET");
  keys.duration("access_lifetime", &S::access_lifetime, {1, identity::longest_access_lifetime.count()},
                "How long a token that a login gives is valid.")
      .alias("ACCESS_TOKEN_EXPIRE_MINUTES", minutes);
  keys.duration(
      "refresh_lifetime", &S::refresh_lifetime, {60, 3660 * a_day},
      "How long a refresh token is valid; each use gives a new one, so a session lives on as long as it is used in that time. Not "
      "less than access_lifetime.");
  keys.duration("refresh_grace", &S::refresh_grace, {0, 300},
                "How long a refresh token that was used gives the same client the same answer again, for requests that went out together; "
                "after that, and for anybody else, the session ends.");
  keys.choice<RegisterMode>(
      "register", &S::registering,
      {{"auto", RegisterMode::automatic},
       {"open", RegisterMode::open},
       {"invitation", RegisterMode::invitation},
       {"closed", RegisterMode::closed}},
      "Who may register: everybody, as a member of auth.register_tenant; only who has an administrator's invitation, to "
      "the tenant that it names; nobody. auto is open where auth.register_tenant is \"demo\", else closed.");
  keys.text("register_tenant", &S::register_tenant, "The tenant of those who register without an invitation.")
      .checked(register_tenant_fault);
  keys.tables("issuers", &S::issuers, issuer_keys(), "Whose tokens are taken beside our own.").reloads();
  keys.part("password", &S::password, password_keys());
  keys.part("login", &S::login, login_keys());
  return keys;
}

identity::PasswordOptions password_options(const PasswordSettings& password) {
  identity::PasswordOptions options;
  options.cost.memory_kib = static_cast<std::uint32_t>(password.memory.value() / kib(1).value());
  options.cost.passes = password.passes;
  options.threads = password.at_once;
  return options;
}

identity::SessionRules session_rules(const AuthSettings& auth) {
  identity::SessionRules rules;
  rules.access_lifetime = auth.access_lifetime;
  rules.refresh_lifetime = auth.refresh_lifetime;
  rules.grace = auth.refresh_grace;
  return rules;
}

identity::PaceOptions pace_options(const LoginSettings& login) {
  identity::PaceOptions options;
  options.together = login.failures;
  options.address = login.address_failures;
  options.user = login.user_failures;
  options.longest_wait = login.longest_wait;
  return options;
}

identity::RegistrationRules registration_rules(const AuthSettings& auth) {
  using identity::Registering;
  identity::RegistrationRules rules;
  rules.tenant = TenantId(auth.register_tenant);
  const bool open = auth.registering == RegisterMode::open ||
                    (auth.registering == RegisterMode::automatic && auth.register_tenant == identity::first_tenant);
  rules.mode = open ? Registering::open : auth.registering == RegisterMode::invitation ? Registering::invitation : Registering::closed;
  return rules;
}

}  // namespace gatehouse::app
