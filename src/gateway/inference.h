// gateway/inference.h — calls of tensor models in the dialects of model servers, through every stage of the pipeline.
// Threads  the reactor of the connection
#pragma once
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "body_limits.h"
#include "egress.h"
#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/oip/infer.h"
#include "gatehouse/wire/tfserving/predict.h"
#include "generator.h"
#include "model_signature.h"
#include "tensor_pipeline.h"

namespace gatehouse::gateway {

// Whether it is the Inference's.
constexpr bool infers(Action action) { return action == Action::infer || action == Action::tensor_predict; }

class Inference {
 public:
  Inference(const ServedModels& models, const Doorkeeper& doorkeeper, const CurrentBodyLimits& bodies, const Ending& ending,
            std::vector<Running>& running, Governor& governor);

  // Who asks has been let in by the head. Returns when the answer is complete, or the client gone.
  Task<void> run(const Received& received, Egress& egress, Ledger& ledger);

 private:
  // What the body asks of which model.
  struct Asked {
    TensorPermitted permitted;
    std::variant<wire::InferRequest, wire::TensorPredictRequest> request;
    wire::engine::Infer call;
  };
  Result<Asked> read(const Identified& identified, Running::Seat& seat, std::string_view body, Ledger& ledger);
  // The admitted call, computed. What could not be had is paid for only where that is the asker's own doing.
  Task<Result<wire::engine::Inferred>> compute(Reactor& reactor, TensorAdmitted& admitted, Ledger& ledger) const;

  const TensorAuthorizer authorizer_;
  const TensorMeasure measure_{};
  const TensorAdmission admission_;
  const TensorDispatch dispatch_;
  const Doorkeeper& doorkeeper_;
  const CurrentBodyLimits& bodies_;
  std::vector<Running>& running_;          // by reactor
  std::vector<wire::JsonParser> parsers_;  // by reactor
};

}  // namespace gatehouse::gateway
