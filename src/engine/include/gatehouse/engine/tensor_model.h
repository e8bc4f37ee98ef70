// engine/tensor_model.h — a tensor model in the process that computes it: the port behind the host of an engine child.
// Threads  infer() on the one thread that computes; it may be told to stop from any other
// Errors   invalid_tensor, output_too_large, infer_failed, cancelled: what they say may be shown to the caller
#pragma once
#include <memory>
#include <stop_token>
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
  // Outputs in the order in which they were asked for; of the times in it nothing is said. Told to stop it ends soon, whatever comes of it.
  virtual Result<wire::engine::Inferred> infer(const wire::engine::Infer& call, const std::stop_token& stop) = 0;
  // The same computed without this engine, as bytes of trees/codec.h; empty: it cannot be.
  virtual const std::string& plan() const = 0;
};

}  // namespace gatehouse::engine
