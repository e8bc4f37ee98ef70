#include "gatehouse/identity/accounts.h"

#include <algorithm>
#include <span>
#include <utility>

#include "admission.h"
#include "field_error.h"
#include "gatehouse/base/base64url.h"
#include "gatehouse/identity/password_rules.h"
#include "gatehouse/store/checks.h"
#include "gatehouse/store/errors.h"

namespace gatehouse::identity {
namespace {

constexpr std::string_view ticket_start = "gt_";
constexpr std::size_t ticket_bytes = 32;
constexpr seconds usual_reset = std::chrono::hours(24), usual_invitation = std::chrono::days(7), longest_ticket = std::chrono::days(30);
constexpr int reset_tries = 3;

Error denied(std::string_view reason, std::string text) { return Error(Code::permission_denied, Origin::caller, reason, std::move(text)); }

Error invitation_invalid() {
  return caller_error("invitation_invalid", "The invitation is not for you, has expired or has been used").with_param("invitation");
}
Error invitation_not_found() {
  return Error(Code::not_found, Origin::caller, "invitation_not_found", "There is no such invitation, or it has been used");
}
Error reset_not_found() { return Error(Code::not_found, Origin::caller, "reset_not_found", "There is no such token, or it has been used"); }
Error ticket_not_found(store::TicketKind kind) {
  return kind == store::TicketKind::invitation ? invitation_not_found() : reset_not_found();
}
Error giver_unknown() {
  return denied("giver_unknown", "Nobody is known who could give that: log in, or use a key, a token or the command line");
}
Error reset_token_invalid() {
  return caller_error("reset_token_invalid", "The token is none that sets a password, has expired or has been used").with_param("token");
}
Error expiry_invalid() {
  return field_error("expiry_invalid", "expires", "It expires after a second at least, and 30 days at most", "such as 24h");
}

// What a store says of a record, as faults of the fields of who registers.
Error about_field(Error error) {
  if (error.code() != Code::invalid_argument || error.param().empty() || !error.faults().empty()) return error;
  FieldFault fault("/" + error.param(), error.public_text(), {});
  return std::move(error).with_faults({std::move(fault)});
}

// In the words that clients know.
Error taken(const Error& error) {
  if (error.reason() == "username_taken") return caller_error("username_taken", "Username already registered").with_param("username");
  if (error.reason() == "email_taken") return caller_error("email_taken", "Email already registered").with_param("email");
  return error;
}

// As somebody who administers with these scopes: their tenant, or the platform.
std::optional<Actor> administering(const TenantId& tenant, Scopes scopes, Grants most, const Directory& directory) {
  const TenantEntry* const entry = directory.tenant(tenant);
  if (entry == nullptr || !entry->record.enabled) return std::nullopt;
  if (scopes.has(Scope::platform_admin)) return Actor(store::Reach::everything(), true, std::move(most));
  if (scopes.has(Scope::tenant_admin)) return Actor(store::Reach::of(tenant), false, std::move(most));
  return std::nullopt;
}

bool same_address(const std::string& a, const std::string& b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

store::Digest Accounts::digest_of(const Secret<std::string>& ticket) const {
  std::string text = "ticket|" + ticket.expose();
  const store::Digest digest = hasher_.digest(text);
  wipe(text);
  return digest;
}

// Where somebody new may come to. A ticket where they were invited.
Task<Result<std::optional<store::Ticket>>> Accounts::leave_of(Reactor& reactor, const Newcomer& newcomer) const {
  if (rules_.mode == Registering::closed || (rules_.mode == Registering::invitation && !newcomer.invitation)) {
    co_return denied("registration_closed", "Registration is closed: ask an administrator");
  }
  if (!newcomer.invitation) co_return std::optional<store::Ticket>();
  const store::Digest digest = digest_of(*newcomer.invitation);
  Result<store::Ticket> ticket = co_await desks_.registry.store().tickets().find(reactor, store::TicketKind::invitation, digest, now());
  if (!ticket && ticket.error().reason() != "ticket_not_found") co_return ticket.error();
  if (!ticket || (!ticket->email.empty() && !same_address(ticket->email, newcomer.email))) co_return invitation_invalid();
  const Result<bool> good = co_await stands(reactor, *ticket, ticket->role);
  if (!good) co_return good.error();
  if (!*good) co_return invitation_invalid();
  co_return std::optional<store::Ticket>(std::move(*ticket));
}

Task<Status> Accounts::check_newcomer(Reactor& reactor, const store::User& user, const Newcomer& newcomer) const {
  if (newcomer.email.empty()) co_return field_error("email_missing", "email", "email is missing", "such as name@example.org");
  Status fine = store::check(user);
  if (!fine) co_return about_field(fine.error());
  fine = check_email(newcomer.email);
  if (fine) fine = check_new_password(newcomer.password, "password");
  if (!fine) co_return fine;
  const DirectoryPtr directory = desks_.registry.current();
  const TenantEntry* tenant = directory->tenant(user.tenant);
  if (tenant == nullptr || !tenant->record.enabled) co_return tenant_disabled(user.tenant.value());
  const Result<store::User> namesake = co_await desks_.registry.store().users().find_by_name(reactor, newcomer.username);
  if (namesake) co_return caller_error("username_taken", "Username already registered").with_param("username");
  if (namesake.error().reason() != "user_not_found") co_return namesake.error();
  co_return ok();
}

Task<Result<store::User>> Accounts::register_self(Reactor& reactor, Newcomer newcomer) const {
  Result<std::optional<store::Ticket>> ticket = co_await leave_of(reactor, newcomer);
  if (!ticket) co_return ticket.error();
  const bool invited = ticket->has_value();
  const TenantId tenant = invited ? (*ticket)->tenant : rules_.tenant;
  std::string role = invited ? (*ticket)->role : std::string(store::role_member);
  store::User user = desks_.users.new_record(tenant, newcomer.username, newcomer.email, std::move(role));
  const Status fine = co_await check_newcomer(reactor, user, newcomer);
  if (!fine) co_return fine.error();
  Result<std::string> hash = co_await desks_.passwords.hash(reactor, std::move(newcomer.password));
  if (!hash) co_return hash.error();
  user.password_hash = std::move(*hash);
  if (!invited) {
    Result<store::User> created = co_await desks_.registry.create(reactor, std::move(user));
    co_return created ? std::move(created) : Result<store::User>(taken(created.error()));
  }
  // A hash takes its time, in which whoever gave it may have lost what they might give.
  const Result<bool> good = co_await stands(reactor, **ticket, user.role);
  if (!good) co_return good.error();
  if (!*good) co_return invitation_invalid();
  const store::Redemption invitation((*ticket)->kind, (*ticket)->digest, now());
  Result<store::User> created = co_await desks_.registry.enrol(reactor, std::move(user), invitation);
  if (!created && created.error().reason() == "ticket_not_found") co_return invitation_invalid();
  co_return created ? std::move(created) : Result<store::User>(taken(created.error()));
}

Task<Result<std::optional<Actor>>> Accounts::user_giving(Reactor& reactor, const store::UserId& id, std::optional<Scopes> granted) const {
  const Result<store::User> user = co_await desks_.users.find(reactor, store::Reach::everything(), id);
  std::optional<Actor> nobody;
  if (!user) co_return user.error().reason() == "user_not_found" ? Result<std::optional<Actor>>(nobody) : user.error();
  if (!user->is_active) co_return nobody;
  Grants most = desks_.registry.current()->grants_of(user->tenant, user->role);
  const Scopes scopes = granted ? granted->limited_to(most.scopes) : most.scopes;
  co_return administering(user->tenant, scopes, std::move(most), *desks_.registry.current());
}

Task<Result<std::optional<Actor>>> Accounts::key_giving(Reactor& reactor, const KeyId& id) const {
  store::Reach everywhere = store::Reach::everything();
  const Result<store::ApiKey> key = co_await desks_.registry.store().keys().find(reactor, std::move(everywhere), id);
  std::optional<Actor> nobody;
  if (!key) co_return key.error().reason() == "key_not_found" ? Result<std::optional<Actor>>(nobody) : key.error();
  if (key->revoked || !key->is_active || (key->expires && *key->expires <= now())) co_return nobody;
  const Scopes granted = Scopes::known(key->scopes);
  if (key->user) co_return co_await user_giving(reactor, *key->user, granted);
  co_return administering(key->tenant, granted, Grants::everything(), *desks_.registry.current());
}

// As their tokens would be admitted now: what outside issuers say of somebody gives no more than the tenant has.
std::optional<Actor> Accounts::token_giving(const store::TokenGiver& giver) const {
  const DirectoryPtr directory = desks_.registry.current();
  const TenantEntry* const tenant = directory->tenant(giver.tenant);
  const std::int64_t issued = giver.issued.time_since_epoch().count();
  if (tenant == nullptr || !is_believed(giver.issuer, giver.tenant, *directory, clock_.wall()) ||
      directory->revoked(giver.kind, giver.id, issued) || directory->revoked(store::RevocationKind::tenant, giver.tenant.value(), issued)) {
    return std::nullopt;
  }
  Scopes granted;
  granted.add(giver.platform ? Scope::platform_admin : Scope::tenant_admin);
  if (!giver.issuer.empty()) granted = granted.limited_to(tenant->scopes);
  return administering(giver.tenant, granted, Grants::everything(), *directory);
}

Task<Result<std::optional<Actor>>> Accounts::giver_of(Reactor& reactor, const store::Ticket& ticket) const {
  const std::optional<Scopes> all;
  if (ticket.issuer_key) co_return co_await key_giving(reactor, *ticket.issuer_key);
  if (ticket.issuer) co_return co_await user_giving(reactor, *ticket.issuer, all);
  if (ticket.issuer_token) co_return token_giving(*ticket.issuer_token);
  std::optional<Actor> the_operator(Actor(store::Reach::everything(), true, Grants::everything()));
  co_return the_operator;
}

Task<Result<bool>> Accounts::stands(Reactor& reactor, const store::Ticket& ticket, const std::string& role) const {
  const Result<std::optional<Actor>> giver = co_await giver_of(reactor, ticket);
  if (!giver) co_return giver.error();
  co_return *giver && (*giver)->reach.includes(ticket.tenant) && check_role(**giver, role, ticket.tenant, *desks_.registry.current()).ok();
}

Task<Result<IssuedTicket>> Accounts::issue(Reactor& reactor, const Actor& giver, store::Ticket ticket, seconds lifetime) const {
  if (lifetime <= seconds(0) || lifetime > longest_ticket) co_return expiry_invalid();
  if (!giver.user && !giver.key && !giver.token && !giver.is_operator) co_return giver_unknown();
  std::string raw(ticket_bytes, '\0');
  random_.fill(std::as_writable_bytes(std::span(raw)));
  const Secret<std::string> bytes(std::move(raw));
  std::string text(ticket_start);
  append_base64url(text, bytes.expose());
  Secret<std::string> secret(std::move(text));
  ticket.digest = digest_of(secret);
  ticket.issuer = giver.user;
  ticket.issuer_key = giver.key;
  ticket.issuer_token = giver.token;
  ticket.created = now();
  ticket.expires = std::min(ticket.created + lifetime, giver.until.value_or(store::Moment::max()));
  IssuedTicket issued(std::move(secret), ticket.id, ticket.expires);
  const Status added = co_await desks_.registry.store().tickets().add(reactor, std::move(ticket));
  if (!added) co_return added.error();
  co_return issued;
}

Task<Result<IssuedTicket>> Accounts::invite(Reactor& reactor, Actor actor, Invitation invitation) const {
  if (!actor.reach.includes(invitation.tenant)) co_return store::tenant_not_found();
  store::Ticket ticket(store::TicketKind::invitation, store::Digest(), invitation.tenant);
  ticket.id = random_.uuid();
  ticket.role = invitation.role;
  ticket.email = invitation.email;
  Status fine = store::check(ticket);
  if (fine) fine = check_email(ticket.email);
  if (fine) fine = check_role(actor, ticket.role, ticket.tenant, *desks_.registry.current());
  if (!fine) co_return fine.error();
  co_return co_await issue(reactor, actor, std::move(ticket), invitation.lifetime.value_or(usual_invitation));
}

Task<Result<store::Page<store::Ticket>>> Accounts::tickets(Reactor& reactor, store::TicketQuery query) const {
  co_return co_await desks_.registry.store().tickets().list(reactor, std::move(query));
}

Task<Result<store::Ticket>> Accounts::find_ticket(Reactor& reactor, store::TicketKind kind, store::Reach reach, std::string id) const {
  store::TicketStore& kept = desks_.registry.store().tickets();
  Result<store::Ticket> found = co_await kept.find_by_id(reactor, kind, std::move(reach), std::move(id));
  if (!found && found.error().reason() == "ticket_not_found") co_return ticket_not_found(kind);
  co_return found;
}

// Whoever reaches it: to take back more than one may give takes nothing from anybody.
Task<Status> Accounts::withdraw(Reactor& reactor, store::TicketKind kind, Actor actor, std::string id) const {
  store::TicketStore& kept = desks_.registry.store().tickets();
  const Result<store::Ticket> removed = co_await kept.remove(reactor, kind, std::move(actor.reach), std::move(id));
  if (removed) co_return ok();
  if (removed.error().reason() == "ticket_not_found") co_return ticket_not_found(kind);
  co_return removed.error();
}

Task<Result<IssuedTicket>> Accounts::offer_reset(Reactor& reactor, Actor actor, store::UserId id, std::optional<seconds> lifetime) const {
  const Result<store::User> user = co_await desks_.users.find_to_change(reactor, actor, std::move(id));
  if (!user) co_return user.error();
  store::Ticket ticket(store::TicketKind::password_reset, store::Digest(), user->tenant);
  ticket.id = random_.uuid();
  ticket.user = user->id;
  co_return co_await issue(reactor, actor, std::move(ticket), lifetime.value_or(usual_reset));
}

// The rules first: who chooses a password that is not taken may choose another. The ticket is redeemed where the password is set, and what
// takes its time comes before it is asked whether it is good.
Task<Result<store::User>> Accounts::reset(Reactor& reactor, Secret<std::string> ticket, Secret<std::string> password) const {
  const Status fine = check_new_password(password, "new_password");
  if (!fine) co_return fine.error();
  const store::Redemption redemption(store::TicketKind::password_reset, digest_of(ticket), now());
  store::TicketStore& tickets = desks_.registry.store().tickets();
  const Result<store::Ticket> found = co_await tickets.find(reactor, redemption.kind, redemption.digest, redemption.now);
  if (!found) co_return found.error().reason() == "ticket_not_found" ? reset_token_invalid() : found.error();
  const Result<std::string> hash = co_await desks_.passwords.hash(reactor, std::move(password));
  if (!hash) co_return hash.error();
  for (int n = 1;; ++n) {
    Result<store::User> user = co_await desks_.users.find(reactor, store::Reach::of(found->tenant), *found->user);
    if (!user) co_return user.error().reason() == "user_not_found" ? reset_token_invalid() : user.error();
    const Result<bool> good = co_await stands(reactor, *found, user->role);
    if (!good) co_return good.error();
    if (!*good) co_return reset_token_invalid();
    Users::NewPassword wanted(*hash);
    wanted.ticket = redemption;
    Result<store::User> changed = co_await desks_.users.take_password(reactor, std::move(*user), std::move(wanted));
    if (changed) co_return changed;
    if (changed.error().reason() == "ticket_not_found") co_return reset_token_invalid();
    if (changed.error().reason() != "version_conflict" || n == reset_tries) co_return changed;
  }
}

Task<Result<store::User>> Accounts::user_of(Reactor& reactor, const Principal& who) const {
  if (!who.is_our_users() || who.token.session.empty()) {
    co_return denied("not_a_login", "Not enough permissions").with_param("token");
  }
  store::UserId id(who.subject);
  co_return co_await desks_.users.find(reactor, store::Reach::of(who.tenant), std::move(id));
}

Task<Status> Accounts::change_password(Reactor& reactor, const Principal& who, PasswordChange change) const {
  const Result<store::User> user = co_await user_of(reactor, who);
  if (!user) co_return user.error();
  const Status fine = check_new_password(change.next, "new_password");
  if (!fine) co_return fine;
  Credentials current(user->username, std::move(change.current));
  Result<store::User> checked = co_await desks_.login.check(reactor, std::move(current), std::move(change.address));
  if (!checked && checked.error().reason() == "login_failed") {
    co_return field_error("password_wrong", "current_password", "current_password is not the password", "the one that you log in with");
  }
  if (!checked) co_return checked.error();
  Result<std::string> hash = co_await desks_.passwords.hash(reactor, std::move(change.next));
  if (!hash) co_return hash.error();
  Users::NewPassword wanted(std::move(*hash));
  wanted.kept = store::SessionId(who.token.session);
  const Result<store::User> changed = co_await desks_.users.take_password(reactor, std::move(*checked), std::move(wanted));
  co_return changed ? ok() : Status(changed.error());
}

}  // namespace gatehouse::identity
