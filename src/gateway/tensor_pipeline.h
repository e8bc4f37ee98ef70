// gateway/tensor_pipeline.h — the way of a call of a tensor model behind Identified, as a chain of types: each is made by its own stage
// alone and needs the one before.
//   Identified → TensorPermitted → TensorMeasured → TensorAdmitted → Inferred
// Computing without an admission does not compile.
// Threads  the reactor of the connection
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "client_watch.h"
#include "ending.h"
#include "gatehouse/base/result.h"
#include "gatehouse/gateway/served_models.h"
#include "gatehouse/nlu/tasks.h"
#include "governor.h"
#include "pipeline.h"
#include "running.h"
#include "tab.h"

namespace gatehouse::gateway {

// The model is one that this tenant may use, and pinned.
class TensorPermitted {
 public:
  const Identified& identified() const { return identified_; }
  const ServedModel& model() const { return *model_; }
  Running::Seat& seat() const { return *seat_; }

 private:
  friend class TensorAuthorizer;
  TensorPermitted(const Identified& identified, Running::Seat& seat, const ServedModel& model)
      : identified_(identified), seat_(&seat), model_(&model), use_(model.stand) {}
  const Identified& identified_;
  Running::Seat* seat_;
  const ServedModel* model_;
  VersionUse use_;  // the version stays until this is over
};

class TensorAuthorizer {
 public:
  explicit TensorAuthorizer(const ServedModels& models) : models_(models) {}
  // model: as it was asked for; empty: the default. version: empty: the one that answers. model_not_found (404), model_not_allowed (403),
  // model_unloaded, engine_unavailable (503)
  Result<TensorPermitted> permit(const Identified& identified, Running::Seat& seat, const std::string& model,
                                 std::string_view version = {}) const;
  // A model that answers schemas, which has been chosen, for those tasks. scope_missing (403), and those
  static Result<TensorPermitted> permit_tasks(const Identified& identified, Running::Seat& seat, const ServedModel& model,
                                              std::span<const nlu::Task> tasks);

 private:
  const ServedModels& models_;
};

// Its tensors are whole, each as its datatype and shape say, and together no more than one frame to an engine can be.
class TensorMeasured {
 public:
  const TensorPermitted& permitted() const { return *permitted_; }
  const wire::engine::Infer& call() const { return call_; }

 private:
  friend class TensorMeasure;
  TensorMeasured(const TensorPermitted& permitted, wire::engine::Infer call) : permitted_(&permitted), call_(std::move(call)) {}
  const TensorPermitted* permitted_;
  wire::engine::Infer call_;
};

class TensorMeasure {
 public:
  // invalid_tensor (400), body_too_large (413)
  Result<TensorMeasured> measure(const TensorPermitted& permitted, wire::engine::Infer call) const;
};

// It may compute: once, or once after the other what belongs to one request. What that takes of limits and budgets stands on its tab.
class TensorAdmitted {
 public:
  const TensorPermitted& permitted() const { return measured_.permitted(); }
  const wire::engine::Infer& call() const { return measured_.call(); }
  Tab& tab() { return tab_; }
  // In place of what was computed until now. Before: it is for the same model and asker.
  void go_on_with(TensorMeasured next);

 private:
  friend class TensorAdmission;
  TensorAdmitted(TensorMeasured measured, Tab tab) : measured_(std::move(measured)), tab_(std::move(tab)) {}
  TensorMeasured measured_;
  Tab tab_;
};

// Of a model whose tokens nobody counts.
inline constexpr Measures needs_of_a_call{.prompt_tokens = 0, .allowance = 0, .choices = 0};

class TensorAdmission {
 public:
  explicit TensorAdmission(Governor& governor) : governor_(governor) {}
  // The refusals of Tab::open() and Tab::measure(). fields: what the answer says of the limits
  Result<TensorAdmitted> admit(TensorMeasured measured, std::string* fields) const;
  // The same in two steps of models that read texts, which are read in between. tasks: that it is for
  Result<Tab> open(const TensorPermitted& permitted, std::string* fields, std::string_view tasks) const;
  static Result<TensorAdmitted> admit(TensorMeasured measured, Tab tab, std::string* fields, const Measures& needs = needs_of_a_call);

 private:
  Governor& governor_;
};

// A call has come to that, after that time: it stands in its model's statistics from now on.
void count_call(const TensorAdmitted& admitted, const Result<wire::engine::Inferred>& inferred, nanoseconds took, WallTime at);

class TensorDispatch {
 public:
  explicit TensorDispatch(const Ending& ending) : ending_(ending) {}
  // Here, where the model is small enough for that and the call, too; else by the engine, which is waited for where it comes back after its
  // end, and once more where it is lost meanwhile.
  // model_loading, engine_lost, server_is_overloaded, shutting_down (503), invalid_tensor, output_too_large, unknown_category (400),
  // infer_failed (500), deadline_exceeded, call_too_long (504), client_gone, those of a credential that is taken no more
  Task<Result<wire::engine::Inferred>> infer(Reactor& reactor, const TensorAdmitted& admitted,
                                             WhenGone gone = WhenGone::is_cancelled) const;
  // Until an engine that comes soon is there, and has said what there is to know of its model. The same errors
  Task<Status> wait_for_engine(Reactor& reactor, const TensorPermitted& permitted, WhenGone gone = WhenGone::is_cancelled) const;

 private:
  static std::optional<Result<wire::engine::Inferred>> computed_here(const TensorAdmitted& admitted);
  Task<Result<wire::engine::Inferred>> attempt(Reactor& reactor, const TensorAdmitted& admitted, WhenGone gone) const;
  const Ending& ending_;
};

}  // namespace gatehouse::gateway
