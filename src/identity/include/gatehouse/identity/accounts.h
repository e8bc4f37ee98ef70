// identity/accounts.h — what people do about their own account: register, change their password, set another with a ticket; and who gives
// such tickets.
// Rules    who registers without an invitation comes into one tenant, as a member, and only where that is open. An invitation names tenant
//          and role and is good once, wherever registering is not closed. A ticket that sets a password is good once, and the newest of a
//          user alone; tickets are kept as an HMAC. One is redeemed together with what it is good for, or stays; and only as long as
//          whoever gave it might still give it, in the rights that they have then: a user of ours or a key; somebody of an outside issuer,
//          as long as that one is believed and neither they nor their tenant are revoked; a tenant's own token, as long as that is good
//          itself. Another password, and being switched off, ends all that somebody gave. Another password ends all other sessions
// Threads  any reactor
// Errors   registration_closed, tenant_disabled, not_a_login, giver_unknown → permission_denied; invitation_not_found, reset_not_found;
//          username_taken, email_taken, email_missing, invitation_invalid, reset_token_invalid, password_wrong, expiry_invalid →
//          invalid_argument; all origin caller. Those of password_rules.h, passwords.h, users.h and login.h, and of the store
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "gatehouse/identity/login.h"
#include "gatehouse/identity/users.h"

namespace gatehouse::identity {

enum class Registering : std::uint8_t { open, invitation, closed };

struct RegistrationRules {
  Registering mode = Registering::closed;
  TenantId tenant;  // of those who come without an invitation
};

struct Newcomer {
  Newcomer(std::string username_, std::string email_, Secret<std::string> password_)
      : username(std::move(username_)), email(std::move(email_)), password(std::move(password_)) {}
  std::string username, email;
  Secret<std::string> password;
  std::optional<Secret<std::string>> invitation;
};

struct Invitation {
  explicit Invitation(TenantId tenant_) : tenant(std::move(tenant_)) {}
  TenantId tenant;
  std::string role{store::role_member};
  std::string email;                // whom it is for; empty: anybody
  std::optional<seconds> lifetime;  // nothing: a week
};

struct IssuedTicket {
  IssuedTicket(Secret<std::string> text_, std::string id_, store::Moment expires_)
      : text(std::move(text_)), id(std::move(id_)), expires(expires_) {}
  Secret<std::string> text;  // shown once
  std::string id;
  store::Moment expires;
};

class Accounts {
 public:
  struct Desks {
    Registry& registry;
    const Users& users;
    const Sessions& sessions;
    const Login& login;
    Passwords& passwords;
  };
  // hasher: of secrets that are no API keys.
  Accounts(Desks desks, KeyHasher hasher, RandomSource& random, const Clock& clock, RegistrationRules rules)
      : desks_(desks), hasher_(std::move(hasher)), random_(random), clock_(clock), rules_(std::move(rules)) {}

  Task<Result<store::User>> register_self(Reactor& reactor, Newcomer newcomer) const;
  Task<Result<IssuedTicket>> invite(Reactor& reactor, Actor actor, Invitation invitation) const;
  // That have not been used, nor expired.
  Task<Result<store::Page<store::Ticket>>> tickets(Reactor& reactor, store::TicketQuery query) const;
  // invitation_not_found, reset_not_found: another tenant's, too
  Task<Result<store::Ticket>> find_ticket(Reactor& reactor, store::TicketKind kind, store::Reach reach, std::string id) const;
  // It is good for nothing any more. The same
  Task<Status> withdraw(Reactor& reactor, store::TicketKind kind, Actor actor, std::string id) const;
  // To whom asks for it on the user's behalf. Nothing: good for a day.
  Task<Result<IssuedTicket>> offer_reset(Reactor& reactor, Actor actor, store::UserId id, std::optional<seconds> lifetime) const;
  // Whose password that was.
  Task<Result<store::User>> reset(Reactor& reactor, Secret<std::string> ticket, Secret<std::string> password) const;

  // who: with a token of a session, which stays.
  struct PasswordChange {
    PasswordChange(Secret<std::string> current_, Secret<std::string> next_, std::string address_)
        : current(std::move(current_)), next(std::move(next_)), address(std::move(address_)) {}
    Secret<std::string> current, next;
    std::string address;
  };
  Task<Status> change_password(Reactor& reactor, const Principal& who, PasswordChange change) const;
  // Whose token that is; not_a_login where it is none of a session of ours.
  Task<Result<store::User>> user_of(Reactor& reactor, const Principal& who) const;

 private:
  store::Moment now() const { return std::chrono::floor<seconds>(clock_.wall()); }
  store::Digest digest_of(const Secret<std::string>& ticket) const;
  Task<Result<std::optional<store::Ticket>>> leave_of(Reactor& reactor, const Newcomer& newcomer) const;
  Task<Status> check_newcomer(Reactor& reactor, const store::User& user, const Newcomer& newcomer) const;
  // What the giver of a ticket may give now; nothing: nobody stands behind it any more who may give any.
  Task<Result<std::optional<Actor>>> giver_of(Reactor& reactor, const store::Ticket& ticket) const;
  Task<Result<std::optional<Actor>>> user_giving(Reactor& reactor, const store::UserId& id, std::optional<Scopes> granted) const;
  Task<Result<std::optional<Actor>>> key_giving(Reactor& reactor, const KeyId& id) const;
  std::optional<Actor> token_giving(const store::TokenGiver& giver) const;
  // Whether it is good still, of whoever gave it, for somebody of that role.
  Task<Result<bool>> stands(Reactor& reactor, const store::Ticket& ticket, const std::string& role) const;
  Task<Result<IssuedTicket>> issue(Reactor& reactor, const Actor& giver, store::Ticket ticket, seconds lifetime) const;

  const Desks desks_;
  const KeyHasher hasher_;
  RandomSource& random_;
  const Clock& clock_;
  const RegistrationRules rules_;
};

}  // namespace gatehouse::identity
