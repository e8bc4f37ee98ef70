// gateway/model_bodies.h — what one tensor model takes on each route that computes it, as JSON schemas with an example: what the document
// that describes the interface says of the models that are served.
// Rules    a schema is of this model alone: its columns by name and range where the manifest has them, else its tensors by shape
// Threads  pure function
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/model/manifest.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::gateway {

// Whether who names no model on /predict is answered by it.
enum class Named : std::uint8_t { always, or_not };

struct ModelFacts {
  std::string_view name;
  Named named = Named::always;
  const wire::engine::Signature& signature;
  const std::vector<model::Feature>& features;
};

// JSON, both; the schema is empty where the model cannot be asked like that, the example where none is short.
struct BodyWords {
  std::string schema, example;
};

BodyWords predict_body(const ModelFacts& model);         // /predict
BodyWords tensor_predict_body(const ModelFacts& model);  // /v1/models/{model}:predict
BodyWords infer_body(const ModelFacts& model);           // /v2/models/{model}/infer

}  // namespace gatehouse::gateway
