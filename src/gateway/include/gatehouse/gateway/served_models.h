// gateway/served_models.h — the models that this process serves, and what answers for each.
// Threads  immutable after start; an engine's state may be asked from any thread
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/engine/engine.h"

namespace gatehouse::gateway {

struct ServedModel {
  std::string name;
  std::uint32_t number = 0;  // stands for it among those that are served, from 1
  std::string version;
  std::int64_t created = 0;   // unix seconds
  bool required = false;      // readiness waits for it
  std::uint32_t context = 0;  // cells a seat has at most; 0: not known
  std::string system_prompt;  // for conversations that bring none; empty: the model's own
  engine::Engine* engine = nullptr;
};

// Other names of models; a model's own name comes first.
using ModelAliases = std::map<std::string, std::string, std::less<>>;

class ServedModels {
 public:
  ServedModels(std::vector<ServedModel> models, std::string default_llm, ModelAliases aliases = {});
  const std::vector<ServedModel>& all() const { return models_; }
  // The default language model for an empty name; null when there is none of that name or alias.
  const ServedModel* language_model(std::string_view name) const;
  // Every required model answers, or will not by itself.
  bool settled() const;
  bool required_ready() const;
  // One of them will not be, unless somebody does something about it.
  bool required_failed() const;
  // Resident memory of this process and of all engines.
  std::uint64_t resident_bytes() const;

 private:
  std::vector<ServedModel> models_;
  std::string default_llm_;
  ModelAliases aliases_;
};

}  // namespace gatehouse::gateway
