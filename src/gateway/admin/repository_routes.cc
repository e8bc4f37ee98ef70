// gateway/admin/repository_routes.cc — /v2/repository: models as Triton's clients list, load and unload them.
#include <optional>
#include <utility>

#include "gatehouse/runtime/reactor.h"
#include "gatehouse/runtime/signal.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/wire/oip/repository.h"
#include "question_parts.h"

namespace gatehouse::gateway {
namespace {

using engine::Life;

// Clients wait for a load with one request.
constexpr seconds longest_load{300};
constexpr milliseconds between_looks{100};

std::string_view repository_state(const ServedModel& model) {
  if (model.runner().available()) return "READY";
  switch (model.runner().life()) {
    case Life::loading:
      return "LOADING";
    case Life::draining:
      return "UNLOADING";
    default:
      return "UNAVAILABLE";
  }
}

std::string repository_reason(const ServedModel& model) {
  if (model.runner().life() == Life::gone) return "unloaded";
  return model.runner().life() == Life::failed ? model.runner().state().detail : std::string();
}

bool is_on_its_way(const ServedModel& model) {
  const Life life = model.runner().life();
  return life == Life::loading || life == Life::draining;
}

Error not_loaded(const ServedModel& model) {
  std::string why = model.runner().state().detail;
  if (why.empty()) why = "it is " + std::string(to_string(model.runner().life()));
  return Error(Code::unavailable, Origin::operator_, "model_not_loaded", "The model '" + model.name + "' is not loaded: " + why);
}

}  // namespace

Result<Reply> Administration::repository_index(const Question& question) const {
  GH_TRY(const wire::RepositoryIndexBody body, read_body(question, &wire::read_repository_index));
  std::vector<wire::RepositoryEntry> entries;
  for (const ServedModel& model : models_ == nullptr ? std::span<const ServedModel>() : std::span<const ServedModel>(models_->all())) {
    if (body.ready && !model.runner().available()) continue;
    entries.push_back({model.name, model.version, repository_state(model), repository_reason(model)});
  }
  std::string json;
  wire::write_repository_index(json, entries);
  return Reply(200, std::move(json));
}

// The model is there, or will not be by itself, when this returns.
Task<Result<Reply>> Administration::repository_load(Reactor& reactor, Question question) const {
  const Result<wire::RepositoryChangeBody> body = read_body(question, &wire::read_repository_change);
  if (!body) co_return body.error();
  const Result<const ServedModel*> named = model_named(question.parameter);
  if (!named) co_return named.error();
  const ServedModel& model = **named;
  telemetry::log::info("models", "load asked for", {{"model", model.name}});
  model.runner().load();
  const Instant until = reactor.clock().now() + longest_load;
  Signal signal(reactor);
  Deadline look(reactor, [&signal] { signal.raise(); });
  while (is_on_its_way(model) && reactor.clock().now() < until) {
    look.arm_in(between_looks);
    co_await signal.wait();
  }
  if (!model.runner().available()) co_return not_loaded(model);
  co_return Reply(200, "{}");
}

Result<Reply> Administration::repository_unload(const Question& question) const {
  GH_TRY([[maybe_unused]] const wire::RepositoryChangeBody body, read_body(question, &wire::read_repository_change));
  GH_TRY(const ServedModel* const model, model_named(question.parameter));
  telemetry::log::info("models", "unload asked for", {{"model", model->name}});
  model->runner().unload();
  return Reply(200, "{}");
}

}  // namespace gatehouse::gateway
