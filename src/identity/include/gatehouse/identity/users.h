// identity/users.h — people: made and changed by administrators.
// Rules    who does not administer the platform reaches their tenant's people alone, and neither makes nor touches those who may do more
//          than they; administrators of the platform are of the tenant 'system'. Who is switched off is refused at once, with all that was
//          issued to them until then; another role ends their access tokens and tickets, one that gives more than the one before their
//          sessions, too, as another password does; all of it together with the change, or not at all
// Threads  any reactor
// Errors   user_not_found (another tenant's, too), role_not_allowed → permission_denied; email_invalid, password_hash_invalid,
//          role_needs_system → invalid_argument, all origin caller; those of password_rules.h and passwords.h, and of the store
#pragma once
#include <optional>
#include <string>

#include "gatehouse/identity/passwords.h"
#include "gatehouse/identity/sessions.h"

namespace gatehouse::identity {

// Who administers, and how far that goes.
struct Actor {
  Actor(store::Reach reach_, bool platform_, Grants most_) : reach(std::move(reach_)), platform(platform_), most(std::move(most_)) {}
  store::Reach reach;
  bool platform;
  Grants most;  // what they may give to others
  // Who that is, and by which of their keys; or by which token that is no user's of ours.
  std::optional<store::UserId> user;
  std::optional<KeyId> key;
  std::optional<store::TokenGiver> token;
  std::optional<store::Moment> until;  // when that token ends, where nothing but it stands behind what is given
  bool is_operator = false;            // who runs the server: none of the above
};

struct NewUser {
  NewUser(TenantId tenant_, std::string username_) : tenant(std::move(tenant_)), username(std::move(username_)) {}
  TenantId tenant;
  std::string username, email;
  std::string role{store::role_member};
  bool is_active = true;
  // One of them, or nothing: then a password is drawn.
  std::optional<Secret<std::string>> password;
  std::string password_hash;  // as it was kept elsewhere
};

struct UserWish {
  UserWish() = default;
  std::optional<std::string> email, role;
  std::optional<bool> is_active;
};

struct UserWithPassword {
  UserWithPassword(store::User record_, std::optional<Secret<std::string>> password_)
      : record(std::move(record_)), password(std::move(password_)) {}
  store::User record;
  std::optional<Secret<std::string>> password;  // that was drawn: shown once
};

class Users {
 public:
  Users(Registry& registry, const Sessions& sessions, const Tokens& tokens, Passwords& passwords, RandomSource& random, const Clock& clock)
      : registry_(registry), sessions_(sessions), tokens_(tokens), passwords_(passwords), random_(random), clock_(clock) {}

  // tenant_not_found: another's, too.
  Task<Result<UserWithPassword>> add(Reactor& reactor, Actor actor, NewUser wanted) const;
  Task<Result<store::User>> find(Reactor& reactor, store::Reach reach, store::UserId id) const;
  // Exactly that name, whatever its case.
  Task<Result<store::User>> find_by_name(Reactor& reactor, store::Reach reach, std::string username) const;
  Task<Result<store::Page<store::User>>> list(Reactor& reactor, store::UserQuery query) const;
  // version: of the user that the wish was made for; nothing: whatever it is now.
  Task<Result<store::User>> set(Reactor& reactor, Actor actor, store::UserId id, UserWish wish, std::optional<std::uint32_t> version) const;
  // Nothing: one is drawn. Their sessions end. version: as with set.
  Task<Result<UserWithPassword>> set_password(Reactor& reactor, Actor actor, store::UserId id, std::optional<Secret<std::string>> password,
                                              std::optional<std::uint32_t> version) const;
  Task<Status> end_sessions(Reactor& reactor, Actor actor, store::UserId id) const;
  // They are gone, with their sessions; their keys are revoked. version: as with set.
  Task<Status> remove(Reactor& reactor, Actor actor, store::UserId id, std::optional<std::uint32_t> version) const;

  // For what people do themselves. Other sessions end with the change, or nothing is changed; a ticket that is given is redeemed.
  struct NewPassword {
    explicit NewPassword(std::string hash_) : hash(std::move(hash_)) {}
    std::string hash;
    store::SessionId kept;  // the session that stays; empty: none does
    std::optional<store::Redemption> ticket;
  };
  Task<Result<store::User>> take_password(Reactor& reactor, store::User user, NewPassword password) const;
  // role_not_allowed, user_not_found
  Task<Result<store::User>> find_to_change(Reactor& reactor, Actor actor, store::UserId id) const;
  // A record of somebody new, without password and tenant's leave.
  store::User new_record(const TenantId& tenant, std::string username, std::string email, std::string role) const;

 private:
  store::Moment now() const { return std::chrono::floor<seconds>(clock_.wall()); }
  Task<Result<std::string>> first_hash(Reactor& reactor, const NewUser& wanted, std::optional<Secret<std::string>>& drawn) const;
  store::UserEnds ends_of_change(const store::User& before, const store::User& after) const;

  Registry& registry_;
  const Sessions& sessions_;
  const Tokens& tokens_;
  Passwords& passwords_;
  RandomSource& random_;
  const Clock& clock_;
};

// Pure functions. Whoever has that credential: a reach of one tenant, or of all.
Actor actor_behind(const Principal& who);
// email: may be empty.
Status check_email(const std::string& email);
// Whether they may give that role to somebody of that tenant, or touch somebody who has it: role_not_allowed, role_needs_system,
// role_unknown.
Status check_role(const Actor& actor, std::string_view role, const TenantId& tenant, const Directory& directory);
// 128 random bits in letters that can be read out.
Secret<std::string> draw_password(RandomSource& random);

}  // namespace gatehouse::identity
