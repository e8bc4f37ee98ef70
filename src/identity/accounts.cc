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
  co_return co_await create(reactor, std::move(user), std::move(*ticket));
}

// An invitation is good once; whose name turns out to be taken has it back.
Task<Result<store::User>> Accounts::create(Reactor& reactor, store::User user, std::optional<store::Ticket> ticket) const {
  store::TicketStore& tickets = desks_.registry.store().tickets();
  if (ticket) {
    const Result<store::Ticket> had = co_await tickets.take(reactor, ticket->kind, ticket->digest, now());
    if (!had) co_return had.error().reason() == "ticket_not_found" ? invitation_invalid() : had.error();
  }
  Result<store::User> created = co_await desks_.registry.create(reactor, std::move(user));
  if (created) co_return created;
  if (ticket) {
    const Status back = co_await tickets.add(reactor, std::move(*ticket));
    if (!back) co_return back.error();
  }
  co_return taken(created.error());
}

Task<Result<IssuedTicket>> Accounts::issue(Reactor& reactor, store::Ticket ticket, seconds lifetime) const {
  if (lifetime <= seconds(0) || lifetime > longest_ticket) co_return expiry_invalid();
  std::string raw(ticket_bytes, '\0');
  random_.fill(std::as_writable_bytes(std::span(raw)));
  const Secret<std::string> bytes(std::move(raw));
  std::string text(ticket_start);
  append_base64url(text, bytes.expose());
  Secret<std::string> secret(std::move(text));
  ticket.digest = digest_of(secret);
  ticket.created = now();
  ticket.expires = ticket.created + lifetime;
  const store::Moment expires = ticket.expires;
  const Status added = co_await desks_.registry.store().tickets().add(reactor, std::move(ticket));
  if (!added) co_return added.error();
  co_return IssuedTicket(std::move(secret), expires);
}

Task<Result<IssuedTicket>> Accounts::invite(Reactor& reactor, Actor actor, Invitation invitation) const {
  if (!actor.reach.includes(invitation.tenant)) co_return store::tenant_not_found();
  store::Ticket ticket(store::TicketKind::invitation, store::Digest(), invitation.tenant);
  ticket.role = invitation.role;
  ticket.email = invitation.email;
  Status fine = store::check(ticket);
  if (fine) fine = check_email(ticket.email);
  if (fine) fine = check_role(actor, ticket.role, ticket.tenant, *desks_.registry.current());
  if (!fine) co_return fine.error();
  co_return co_await issue(reactor, std::move(ticket), invitation.lifetime.value_or(usual_invitation));
}

Task<Result<IssuedTicket>> Accounts::offer_reset(Reactor& reactor, Actor actor, store::UserId id, std::optional<seconds> lifetime) const {
  const Result<store::User> user = co_await desks_.users.find_to_change(reactor, std::move(actor), std::move(id));
  if (!user) co_return user.error();
  store::Ticket ticket(store::TicketKind::password_reset, store::Digest(), user->tenant);
  ticket.user = user->id;
  co_return co_await issue(reactor, std::move(ticket), lifetime.value_or(usual_reset));
}

// The rules first: who chooses a password that is not taken may choose another.
Task<Status> Accounts::reset(Reactor& reactor, Secret<std::string> ticket, Secret<std::string> password) const {
  const Status fine = check_new_password(password, "new_password");
  if (!fine) co_return fine;
  const store::Digest digest = digest_of(ticket);
  const Result<store::Ticket> had =
      co_await desks_.registry.store().tickets().take(reactor, store::TicketKind::password_reset, digest, now());
  if (!had) co_return had.error().reason() == "ticket_not_found" ? reset_token_invalid() : had.error();
  for (int n = 1;; ++n) {
    Result<store::User> user = co_await desks_.users.find(reactor, store::Reach::of(had->tenant), *had->user);
    if (!user) co_return reset_token_invalid();
    Secret<std::string> chosen = password;
    store::SessionId none;
    const Result<store::User> changed = co_await desks_.users.take_password(reactor, std::move(*user), std::move(chosen), std::move(none));
    if (changed) co_return ok();
    if (changed.error().reason() == "version_conflict" && n < reset_tries) continue;
    const Status back = co_await desks_.registry.store().tickets().add(reactor, *had);
    co_return back ? Status(changed.error()) : back;
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
  store::SessionId own(who.token.session);
  const Result<store::User> changed =
      co_await desks_.users.take_password(reactor, std::move(*checked), std::move(change.next), std::move(own));
  co_return changed ? ok() : Status(changed.error());
}

}  // namespace gatehouse::identity
