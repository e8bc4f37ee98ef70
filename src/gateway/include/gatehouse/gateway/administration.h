// gateway/administration.h — tenants, people, keys, budgets, tokens and use: over HTTP, the control socket, and without a server.
// Rules    what somebody may see is decided here from who asks: an administrator of the platform reaches everything, others their tenant
// Threads  any reactor
// Errors   those of identity's desks and of the store; route_not_found; faults of bodies and queries (422 in the api dialect)
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/gateway/budget_uses.h"
#include "gatehouse/gateway/explain_rules.h"
#include "gatehouse/gateway/lexicons.h"
#include "gatehouse/gateway/route.h"
#include "gatehouse/gateway/served_models.h"
#include "gatehouse/identity/house.h"
#include "gatehouse/identity/principal.h"
#include "gatehouse/runtime/worker_pool.h"
#include "gatehouse/wire/form/form.h"

namespace gatehouse::gateway {

// Whom or what a record is about, where neither credential nor path say it; and whom it concerns where nobody was let in.
struct Subject {
  struct Who {
    TenantId tenant;
    std::uint32_t tenant_number = 0;
    std::string user;
  };
  Subject() = default;
  std::string object;  // empty: what the path names
  std::optional<Who> who;
};

// A constructor, because aggregates in co_await expressions are destroyed twice by gcc 12.
struct Question {
  Question(Action action_, const identity::Principal* who_) : action(action_), who(who_) {}
  Action action;
  const identity::Principal* who;  // null where anybody may ask
  std::string parameter, second;   // what stands for the braces of the path, unescaped
  wire::Form query;
  std::string_view body;
  bool body_is_form = false;
  std::optional<std::uint32_t> version;  // If-Match
  std::string address, user_agent;       // of the client; empty: unknown
  Subject* subject = nullptr;            // where is said whom a refusal is about; null: nobody wants to know
};

struct Reply {
  Reply(int status_, std::string json_) : status(status_), json(std::move(json_)) {}
  // Says for the record what was made or changed, where the path does not.
  Reply&& about(std::string id) && {
    subject.object = std::move(id);
    return std::move(*this);
  }
  // Has a record of its own, however its route goes on record.
  Reply&& on_record() && {
    recorded = true;
    return std::move(*this);
  }
  int status;
  std::string json;  // empty: none
  Subject subject;
  bool recorded = false;
};

// Whether an answer is given only once its record is durable.
inline bool has_own_record(const Route& route, const Reply& reply) { return route.audit == AuditClass::each || reply.recorded; }

struct BudgetView;

class Administration {
 public:
  // models: null where no model is served.
  Administration(identity::House& house, const ServedModels* models, const Clock& clock, ExplainRules explain_rules)
      : house_(house), models_(models), clock_(clock), explain_rules_(std::move(explain_rules)) {}

  // Before the first question: who spends beside the store.
  void follow(const BudgetUses& uses) { budget_uses_ = &uses; }

  Task<Result<Reply>> answer(Reactor& reactor, Question question) const;
  // As the operator at the control socket: method, path with query, JSON. Errors come as the JSON that the socket would give.
  Task<Reply> command(Reactor& reactor, wire::Method method, std::string target, std::string body) const;
  // Where what is decided goes on record.
  const identity::AuditDesk& audit_desk() const { return house_.audit(); }
  // Where what was signed is told from what comes again.
  const identity::Nonces& nonces() const { return house_.nonces(); }
  // Where calls that are made once are kept, and by which keys.
  identity::House& house() const { return house_; }
  // Which names tenants' texts hold.
  Lexicons& lexicons() const { return lexicons_; }

 private:
  Task<Result<Reply>> answer_about_people(Reactor& reactor, Question question) const;
  Task<Result<Reply>> answer_about_oneself_and_models(Reactor& reactor, Question question) const;
  Task<Result<Reply>> tenants(Reactor& reactor, Question question) const;
  Task<Result<Reply>> add_tenant(Reactor& reactor, Question question) const;
  Task<Result<Reply>> set_tenant(Reactor& reactor, Question question) const;
  // On a worker: the files of zones are read there, before a tenant has one.
  Task<Status> check_zone(Reactor& reactor, std::optional<std::string> name) const;
  Task<Result<Reply>> lexicon(Reactor& reactor, Question question) const;
  Task<Result<Reply>> set_lexicon(Reactor& reactor, Question question) const;
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
  Task<Result<Reply>> tickets(Reactor& reactor, Question question) const;
  Task<Result<Reply>> roles(Reactor& reactor, Question question) const;
  Task<Result<Reply>> add_role(Reactor& reactor, Question question) const;
  Task<Result<Reply>> set_role(Reactor& reactor, Question question) const;
  Task<Result<Reply>> budgets(Reactor& reactor, Question question) const;
  Task<Result<Reply>> list_budgets(Reactor& reactor, Question question) const;
  Task<Result<Reply>> add_budget(Reactor& reactor, Question question) const;
  Task<Result<Reply>> set_budget(Reactor& reactor, Question question) const;
  // With what is gone of them.
  Task<Result<std::vector<BudgetView>>> view(Reactor& reactor, std::vector<store::Budget> budgets) const;
  Task<Status> write_budgets(Reactor& reactor, wire::JsonWriter& json, const TenantId& tenant) const;
  Task<Result<Reply>> shown(Reactor& reactor, int status, store::Budget budget) const;
  Task<Result<Reply>> explain(Reactor& reactor, Question question) const;
  // What came of it where a route looks for something before it does what is asked; nothing: it looks for nothing.
  using LookedUp = std::optional<Status>;
  Task<LookedUp> look_up(Reactor& reactor, const Question& asked) const;
  Task<LookedUp> look_up_key(Reactor& reactor, const Question& asked) const;
  Task<LookedUp> look_up_role(Reactor& reactor, const Question& asked) const;
  Task<LookedUp> look_up_person(Reactor& reactor, const Question& asked) const;
  void say_whose(const Question& question, const std::optional<store::User>& user) const;
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
  // no_server, model_not_found
  Result<const ServedModel*> model_named(const std::string& name) const;
  // Once it is under way: the model, or the version of it, that it is about.
  Task<Result<ServedModelPtr>> order_model(Reactor& reactor, const Question& question, ModelOrder::What what) const;
  Task<Result<Reply>> change_model(Reactor& reactor, Question question) const;
  Result<Reply> repository_index(const Question& question) const;
  Task<Result<Reply>> repository_load(Reactor& reactor, Question question) const;
  Task<Result<Reply>> repository_unload(Reactor& reactor, Question question) const;

  identity::House& house_;
  const ServedModels* models_;
  const Clock& clock_;
  const ExplainRules explain_rules_;
  const BudgetUses* budget_uses_ = nullptr;   // null: nobody spends beside the store
  mutable WorkerPool zones_{"zones", 1, 16};  // and lexicons: what takes its time to be read
  mutable Lexicons lexicons_;
};

// Whether that action is answered here.
bool administrates(Action action);

}  // namespace gatehouse::gateway
