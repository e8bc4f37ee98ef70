// gateway/served_models.h — the models that this process serves, and what answers for each.
// Threads  immutable after start; an engine's state may be asked from any thread
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/engine/engine.h"
#include "gatehouse/engine/tensor_engine.h"
#include "gatehouse/gateway/inference_counts.h"
#include "gatehouse/model/manifest.h"

namespace gatehouse::nlu {
struct Model;
struct TextReader;
}  // namespace gatehouse::nlu

namespace gatehouse::gateway {

struct ServedModel {
  std::string name;
  std::uint32_t number = 0;  // stands for it among those that are served, from 1
  std::string version;
  std::int64_t created = 0;                              // unix seconds
  bool required = false;                                 // readiness waits for it
  std::uint32_t context = 0;                             // cells a seat has at most; 0: not known
  std::string system_prompt;                             // for conversations that bring none; empty: the model's own
  engine::Engine* engine = nullptr;                      // of a language model; else null
  engine::TensorEngine* tensors = nullptr;               // of a tensor model; else null
  std::shared_ptr<const model::Manifest> manifest = {};  // of a tensor model
  std::shared_ptr<const nlu::Model> nlu = {};            // how a tensor model that answers schemas reads texts; of others null
  std::shared_ptr<const nlu::TextReader> texts = {};     // how one of embeddings, or a cross-encoder, reads texts; of others null
  std::shared_ptr<InferenceCounts> counts = std::make_shared<InferenceCounts>();  // of a tensor model
  model::Kind kind() const { return manifest ? manifest->kind : model::Kind::llm; }
  bool makes_tokens() const { return tensors == nullptr; }
  // What it reads is counted, too: it has a price a token, and takes of what is limited by tokens.
  bool counts_tokens() const { return makes_tokens() || texts != nullptr; }
  // Whichever of the two it has.
  engine::Supervised& runner() const;
};

// Other names of models; a model's own name comes first.
using ModelAliases = std::map<std::string, std::string, std::less<>>;

// By kind, the model of requests that name none.
struct DefaultModels {
  std::string llm = {}, tabular = {}, nlu = {}, embeddings = {}, rerank = {};
};

class ServedModels {
 public:
  ServedModels(std::vector<ServedModel> models, DefaultModels defaults, ModelAliases aliases = {});
  const std::vector<ServedModel>& all() const { return models_; }
  // The default language model for an empty name; null when there is none of that name or alias.
  const ServedModel* language_model(std::string_view name) const;
  // The same of tensor models, but for those that read texts.
  const ServedModel* tensor_model(std::string_view name) const;
  // Of those that answer schemas,
  const ServedModel* nlu_model(std::string_view name) const;
  // and of those that make a vector of a text, or hold two against each other: for an empty name the default, else the only one.
  const ServedModel* text_model(model::Kind kind, std::string_view name) const;
  // Of any kind.
  const ServedModel* named(std::string_view name) const;
  // Every required model answers, or will not by itself.
  bool settled() const;
  bool required_ready() const;
  // One of them will not be, unless somebody does something about it.
  bool required_failed() const;
  // Resident memory of this process and of all engines.
  std::uint64_t resident_bytes() const;

 private:
  std::vector<ServedModel> models_;
  const DefaultModels defaults_;
  ModelAliases aliases_;
};

}  // namespace gatehouse::gateway
