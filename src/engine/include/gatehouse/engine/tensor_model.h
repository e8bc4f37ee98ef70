// engine/tensor_model.h — a tensor model in the process that computes it: the port behind the host of an engine child.
// Threads  infer() on the one thread that computes; cut_short() from any other
// Errors   invalid_tensor, output_too_large, infer_failed, cancelled: what they say may be shown to the caller
#pragma once
#include <memory>
#include <string>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::engine {

class TensorModel {
 public:
  virtual ~TensorModel() = default;
  virtual const wire::engine::Signature& signature() const = 0;
  // Which library computes it, and how.
  virtual std::string description() const = 0;
  // Outputs in the order in which they were asked for; of the times in it nothing is said.
  virtual Result<wire::engine::Inferred> infer(const wire::engine::Infer& call) = 0;
  // The call that is being computed ends soon; one that begins later is none of its business.
  virtual void cut_short() = 0;
};

}  // namespace gatehouse::engine
