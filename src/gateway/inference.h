// gateway/inference.h — calls of tensor models in the dialects of model servers, through every stage of the pipeline.
// Threads  the reactor of the connection
#pragma once
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gatehouse/wire/oip/infer.h"
#include "gatehouse/wire/tfserving/predict.h"
#include "model_signature.h"
#include "tensor_desk.h"

namespace gatehouse::gateway {

// Whether it is the Inference's.
constexpr bool infers(Action action) { return action == Action::infer || action == Action::tensor_predict; }

class Inference {
 public:
  explicit Inference(TensorDesk& desk) : desk_(desk) {}

  // Who asks has been let in by the head. Returns when the answer is complete, or the client gone.
  Task<void> run(const Received& received, Egress& egress, Ledger& ledger);

 private:
  // What the body asks of which model.
  struct Asked {
    TensorPermitted permitted;
    std::variant<wire::InferRequest, wire::TensorPredictRequest> request;
    wire::engine::Infer call;
  };
  Result<Asked> read(Guest& guest, Ledger& ledger) const;
  // The admitted call, computed.
  Task<Result<wire::engine::Inferred>> compute(Reactor& reactor, TensorAdmitted& admitted, Ledger& ledger) const;

  TensorDesk& desk_;
};

}  // namespace gatehouse::gateway
