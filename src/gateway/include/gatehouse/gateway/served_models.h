// gateway/served_models.h — the models that this process serves, and what answers for each.
// Rules    whoever has found a model may keep a pointer to it until its reactor turns to something else, and longer by a VersionUse or what
//          held() gives. Which versions are listed, and which one of them answers, is a table that is replaced as a whole
// Threads  reactors and control; keep(), show(), forget_before() and drop() by the one who sees to the versions. After show() nobody finds
//          what it left out
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/engine/engine.h"
#include "gatehouse/engine/tensor_engine.h"
#include "gatehouse/gateway/inference_counts.h"
#include "gatehouse/gateway/version_stand.h"
#include "gatehouse/model/manifest.h"

namespace gatehouse::nlu {
struct Model;
struct TextReader;
}  // namespace gatehouse::nlu

namespace gatehouse::gateway {

struct ServedModel {
  std::string name;
  std::uint32_t number = 0;  // stands for its name among those that are served, from 1
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
  std::shared_ptr<VersionStand> stand = {};                                       // of a model whose versions come and go; else null
  model::Kind kind() const { return manifest ? manifest->kind : model::Kind::llm; }
  bool makes_tokens() const { return tensors == nullptr; }
  // What it reads is counted, too: it has a price a token, and takes of what is limited by tokens.
  bool counts_tokens() const { return makes_tokens() || texts != nullptr; }
  // Whichever of the two it has.
  engine::Supervised& runner() const;
  // As people are told of it: of a version, by its stage; else as its engine has it.
  engine::Life life() const;
  std::string detail() const;
  bool available() const;
  // It has been there to answer: where its engine has ended, the next one begins at once.
  bool comes_back() const;
  // Why nothing more is to be asked of it: model_unloaded, engine_unavailable (503). Nothing: it answers, or its engine says why it does
  // not
  std::optional<Error> closed() const;
};

// For whoever lets time pass between finding a model and telling of it: it stays in memory, though its version may go.
using ServedModelPtr = std::shared_ptr<const ServedModel>;
ServedModelPtr held(const ServedModel& model);

// That a model be loaded or put away, by its name; without a version the newest one, or all of them.
struct ModelOrder {
  enum class What : std::uint8_t { load, unload };
  What what = What::load;
  std::string name;
  std::optional<std::uint32_t> version;
};
// Once it is under way: the version that it is about; model_not_found (404).
using OrderTold = std::function<void(Result<ServedModelPtr>)>;
// Looks into the folders first. May be called from any thread, and tells on another one.
using ModelOrders = std::function<void(ModelOrder, OrderTold)>;

// Other names of models; a model's own name comes first.
using ModelAliases = std::map<std::string, std::string, std::less<>>;

// By kind, the model of requests that name none.
struct DefaultModels {
  std::string llm = {}, tabular = {}, nlu = {}, embeddings = {}, rerank = {};
};

class ServedModels {
 public:
  ServedModels(std::vector<ServedModel> models, DefaultModels defaults, ModelAliases aliases = {});
  using List = std::span<const ServedModel* const>;
  // By name, of each the highest version first.
  List all() const { return table()->listed; }
  // Of each the version that answers who names none.
  List answering() const { return table()->answering; }
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
  // Another version of the same model; null: it has none such.
  const ServedModel* version_of(const ServedModel& model, std::string_view version) const;
  // Every required model answers, or will not by itself.
  bool settled() const;
  bool required_ready() const;
  // One of them will not be, unless somebody does something about it.
  bool required_failed() const;
  // Resident memory of this process and of all engines.
  std::uint64_t resident_bytes() const;
  // By engine: a model's versions are one, and those that are gone have left their part. Any thread
  std::map<std::string, engine::Turnover> turnovers() const;

  // It is served from the next show() on that names it.
  const ServedModel& keep(ServedModel model);
  // Beside the models that this was made with: these versions, and those of them that answer; both by name, as those are. Whether that
  // is another table than before.
  bool show(const std::vector<const ServedModel*>& versions, const std::vector<const ServedModel*>& answering);
  // The number of the table that is shown.
  std::uint64_t shown() const { return table()->number; }
  // Once every reactor has done what it did when that table was shown: nobody reads those before it any more,
  void forget_before(std::uint64_t table);
  // and a version that was in none since then, and that nobody holds, is nobody's.
  void drop(const ServedModel& model);
  // What is in memory.
  struct Kept {
    std::size_t models = 0, tables = 0;
    friend bool operator==(const Kept&, const Kept&) = default;
  };
  Kept kept() const { return {kept_.size(), tables_.size()}; }
  // Who sees to the versions; none: no model has any.
  void set_orders(ModelOrders orders) { orders_ = std::move(orders); }
  const ModelOrders& orders() const { return orders_; }

 private:
  struct Table {
    std::uint64_t number = 0;
    std::vector<const ServedModel*> listed, answering;
  };
  const Table* table() const { return table_.load(); }
  const ServedModel* called(std::string_view name) const;
  void put(Table table);
  std::uint32_t number_of(const std::string& name);

  mutable std::mutex kept_mutex_;                              // where others may look meanwhile
  std::map<std::string, engine::Turnover> left_;               // guarded by kept_mutex_: of engines of versions that are gone
  std::vector<std::unique_ptr<const ServedModel>> kept_;       // changed under kept_mutex_
  std::map<std::string, std::uint32_t, std::less<>> numbers_;  // of all names that there ever were
  std::vector<const ServedModel*> fixed_;                      // those without versions
  std::vector<std::unique_ptr<const Table>> tables_;           // by number; somebody may still be reading an old one
  std::atomic<const Table*> table_{nullptr};
  ModelOrders orders_;
  const DefaultModels defaults_;
  ModelAliases aliases_;
};

}  // namespace gatehouse::gateway
