// gateway/administration.h — tenants, users, keys, tokens and use, over HTTP, over the control socket, and for commands where no server
// runs. Rules    what somebody may see is decided here from who asks: an administrator of the platform reaches everything, others their
// tenant Threads  any reactor Errors   those of identity's desks and of the store; route_not_found; faults of bodies and queries (422 in
// the api dialect)
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/gateway/route.h"
#include "gatehouse/gateway/served_models.h"
#include "gatehouse/identity/house.h"
#include "gatehouse/identity/principal.h"
#include "gatehouse/wire/form/form.h"

namespace gatehouse::gateway {

// A constructor, because aggregates in co_await expressions are destroyed twice by gcc 12.
struct Question {
  Question(Action action_, const identity::Principal* who_) : action(action_), who(who_) {}
  Action action;
  const identity::Principal* who;  // null where anybody may ask
  std::string parameter;           // what stands for the braces of the path, unescaped
  wire::Form query;
  std::string_view body;
  bool body_is_form = false;
  std::optional<std::uint32_t> version;  // If-Match
  std::string address, user_agent;       // of the client; empty: unknown
};

struct Reply {
  Reply(int status_, std::string json_) : status(status_), json(std::move(json_)) {}
  // Says for the record what was made or changed, where the path does not.
  Reply&& about(std::string id) && {
    object = std::move(id);
    return std::move(*this);
  }
  // Whom an answer lets in that nobody was let in for.
  struct Who {
    TenantId tenant;
    std::uint32_t tenant_number = 0;
    std::string user;
  };
  int status;
  std::string json;  // empty: none
  std::string object;
  std::optional<Who> who;
};

class Administration {
 public:
  // models: null where no model is served.
  Administration(identity::House& house, const ServedModels* models, const Clock& clock) : house_(house), models_(models), clock_(clock) {}

  Task<Result<Reply>> answer(Reactor& reactor, Question question) const;
  // As the operator at the control socket: method, path with query, JSON. Errors come as the JSON that the socket would give.
  Task<Reply> command(Reactor& reactor, wire::Method method, std::string target, std::string body) const;
  // Where what is decided goes on record.
  const identity::AuditDesk& audit_desk() const { return house_.audit(); }
  // Where what was signed is told from what comes again.
  const identity::Nonces& nonces() const { return house_.nonces(); }

 private:
  Task<Result<Reply>> answer_about_people(Reactor& reactor, Question question) const;
  Task<Result<Reply>> tenants(Reactor& reactor, Question question) const;
  Task<Result<Reply>> add_tenant(Reactor& reactor, Question question) const;
  Task<Result<Reply>> set_tenant(Reactor& reactor, Question question) const;
  Task<Result<Reply>> export_tenant(Reactor& reactor, Question question) const;
  Task<Result<Reply>> keys(Reactor& reactor, Question question) const;
  Task<Result<Reply>> add_key(Reactor& reactor, Question question) const;
  Task<Result<Reply>> add_own_key(Reactor& reactor, Question question) const;
  Task<Result<Reply>> set_key(Reactor& reactor, Question question) const;
  Task<Result<Reply>> rotate_key(Reactor& reactor, Question question) const;
  Task<Result<Reply>> signing_keys(Reactor& reactor) const;
  Task<Result<Reply>> rotate_signing_key(Reactor& reactor, Question question) const;
  Task<Result<Reply>> issue_token(Reactor& reactor, Question question) const;
  Task<Result<Reply>> revoke(Reactor& reactor, Question question) const;
  Task<Result<Reply>> users(Reactor& reactor, Question question) const;
  Task<Result<Reply>> add_user(Reactor& reactor, Question question) const;
  Task<Result<Reply>> set_user(Reactor& reactor, Question question) const;
  Task<Result<Reply>> set_user_password(Reactor& reactor, Question question) const;
  Task<Result<Reply>> offer_reset(Reactor& reactor, Question question) const;
  Task<Result<Reply>> delete_user(Reactor& reactor, Question question) const;
  Task<Result<Reply>> end_user_sessions(Reactor& reactor, Question question) const;
  Task<Result<Reply>> invite(Reactor& reactor, Question question) const;
  Task<Result<Reply>> log_in(Reactor& reactor, Question question) const;
  Task<Result<Reply>> refresh(Reactor& reactor, Question question) const;
  Task<Result<Reply>> log_out(Reactor& reactor, Question question) const;
  Task<Result<Reply>> me(Reactor& reactor, Question question) const;
  Task<Result<Reply>> register_self(Reactor& reactor, Question question) const;
  Task<Result<Reply>> set_own_password(Reactor& reactor, Question question) const;
  Task<Result<Reply>> reset_password(Reactor& reactor, Question question) const;
  Task<Result<Reply>> own_sessions(Reactor& reactor, Question question) const;
  Task<Result<Reply>> usage(Reactor& reactor, Question question) const;
  Task<Result<Reply>> audit(Reactor& reactor, Question question) const;
  Result<Reply> inspect(const Question& question) const;
  Reply models() const;
  Result<Reply> change_model(const Question& question) const;

  identity::House& house_;
  const ServedModels* models_;
  const Clock& clock_;
};

// Whether that action is answered here.
bool administrates(Action action);

}  // namespace gatehouse::gateway
