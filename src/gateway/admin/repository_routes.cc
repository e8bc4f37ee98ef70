// gateway/admin/repository_routes.cc — /v2/repository: models as Triton's clients list, load and unload them.
#include <optional>
#include <utility>

#include "gatehouse/runtime/reactor.h"
#include "gatehouse/runtime/signal.h"
#include "gatehouse/wire/oip/repository.h"
#include "question_parts.h"

namespace gatehouse::gateway {
namespace {

using engine::Life;

// Clients wait for a load with one request.
constexpr seconds longest_load{300};
constexpr milliseconds between_looks{100};

std::string_view repository_state(const ServedModel& model) {
  if (model.available()) return "READY";
  switch (model.life()) {
    case Life::loading:
      return "LOADING";
    case Life::draining:
      return "UNLOADING";
    default:
      return "UNAVAILABLE";
  }
}

std::string repository_reason(const ServedModel& model) {
  if (model.life() == Life::gone) return "unloaded";
  if (model.life() == Life::declared && !model.available()) return "not loaded";
  return model.life() == Life::failed ? model.detail() : std::string();
}

bool is_on_its_way(const ServedModel& model) {
  const Life life = model.life();
  return life == Life::loading || life == Life::draining;
}

Error not_loaded(const ServedModel& model) {
  std::string why = model.detail();
  if (why.empty()) why = "it is " + std::string(to_string(model.life()));
  return Error(Code::unavailable, Origin::operator_, "model_not_loaded", "The model '" + model.name + "' is not loaded: " + why);
}

}  // namespace

Result<Reply> Administration::repository_index(const Question& question) const {
  GH_TRY(const wire::RepositoryIndexBody body, read_body(question, &wire::read_repository_index));
  std::vector<wire::RepositoryEntry> entries;
  for (const ServedModel* model : models_ == nullptr ? ServedModels::List() : models_->all()) {
    if (body.ready && !model->available()) continue;
    entries.push_back({model->name, model->version, repository_state(*model), repository_reason(*model)});
  }
  std::string json;
  wire::write_repository_index(json, entries);
  return Reply(200, std::move(json));
}

// The model is there, or will not be by itself, when this returns.
Task<Result<Reply>> Administration::repository_load(Reactor& reactor, Question question) const {
  const Result<wire::RepositoryChangeBody> body = read_body(question, &wire::read_repository_change);
  if (!body) co_return body.error();
  const Result<ServedModelPtr> ordered = co_await order_model(reactor, question, ModelOrder::What::load);
  if (!ordered) co_return ordered.error();
  const ServedModel& model = **ordered;
  const Instant until = reactor.clock().now() + longest_load;
  Signal signal(reactor);
  Deadline look(reactor, [&signal] { signal.raise(); });
  while (is_on_its_way(model) && reactor.clock().now() < until) {
    look.arm_in(between_looks);
    co_await signal.wait();
  }
  if (!model.available()) co_return not_loaded(model);
  co_return Reply(200, "{}");
}

Task<Result<Reply>> Administration::repository_unload(Reactor& reactor, Question question) const {
  const Result<wire::RepositoryChangeBody> body = read_body(question, &wire::read_repository_change);
  if (!body) co_return body.error();
  const Result<ServedModelPtr> ordered = co_await order_model(reactor, question, ModelOrder::What::unload);
  if (!ordered) co_return ordered.error();
  co_return Reply(200, "{}");
}

}  // namespace gatehouse::gateway
