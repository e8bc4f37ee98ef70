// Models that answer schemas, on their way into the server: two graphs for an engine, and a vocabulary that stays here.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "compose.h"
#include "gatehouse/nlu/lexicon.h"
#include "gatehouse/nlu/recipe.h"
#include "gatehouse/runtime/run_task.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::app {

namespace {

namespace log = telemetry::log;

constexpr std::size_t largest_vocabulary = std::size_t{16} * 1024 * 1024;

Result<model::NamedFile> file_named(const model::Entry& entry, std::string_view name) {
  const std::vector<model::ManifestFile>& files = entry.manifest->files;
  const auto found = std::ranges::find(files, name, &model::ManifestFile::path);
  if (found == files.end()) return operator_error("manifest_invalid", "a model of the kind nlu needs the file " + std::string(name));
  return model::NamedFile{entry.folder / found->path, found->sha256};
}

nlu::Recipe recipe_of(const model::NluFacts& facts) {
  nlu::Recipe recipe;
  recipe.window = {.size = facts.max_len, .stride = facts.stride};
  recipe.longest_prompt = facts.hint_max;
  recipe.prompt_base = facts.hint_position_base;
  recipe.threshold = facts.threshold;
  recipe.event_types = facts.event_types;
  return recipe;
}

// Labels and texts are put together with these; a model that wants others would be read wrongly.
Status check_marks(const model::NluFacts& facts) {
  if (facts.label_separator == "," && facts.body_separator == "|") return ok();
  return operator_error("manifest_invalid", "label_separator must be \",\" and body_separator \"|\"");
}

Result<std::shared_ptr<const nlu::Model>> reader_of(const model::Entry& entry, model::HashMemory& hashes) {
  if (!entry.manifest->nlu) return operator_error("manifest_invalid", "a model of the kind nlu needs the table [nlu]");
  const model::NluFacts& facts = *entry.manifest->nlu;
  GH_CHECK(check_marks(facts));
  GH_TRY(const model::NamedFile file, file_named(entry, "vocab.txt"));
  GH_TRY(const std::string bytes, model::read_verified(file, largest_vocabulary, hashes));
  GH_TRY(nlu::Vocabulary vocabulary, nlu::Vocabulary::read(bytes, "vocab.txt"));
  const auto letters = facts.lower_case ? nlu::Tokenizer::Letters::lower : nlu::Tokenizer::Letters::as_they_are;
  return std::make_shared<const nlu::Model>(nlu::Model{nlu::Tokenizer(std::move(vocabulary), letters), recipe_of(facts)});
}

Result<std::vector<model::NamedFile>> graphs_of(const model::Entry& entry) {
  std::vector<model::NamedFile> graphs;
  for (const char* name : {"lower.onnx", "upper.onnx"}) {
    GH_TRY(model::NamedFile graph, file_named(entry, name));
    graphs.push_back(std::move(graph));
  }
  return graphs;
}

}  // namespace

// One that cannot be read is left out, like one whose manifest cannot.
Status Server::add_nlu_engine(const model::Entry& entry, const Settings& settings) {
  Result<std::shared_ptr<const nlu::Model>> reader = reader_of(entry, hashes_);
  Result<std::vector<model::NamedFile>> graphs = graphs_of(entry);
  if (!reader || !graphs) {
    const Error& why = reader ? graphs.error() : reader.error();
    log::warn("models", "a model cannot be served", {{"model", entry.name}, {"error", why.describe()}});
    return ok();
  }
  if (!tensor_spawner_) GH_CHECK(make_tensor_spawner(settings.onnx));
  adapters::ChildEngineOptions engine = tensor_options(entry, settings);
  engine.tensors->graphs = static_cast<std::uint32_t>(graphs->size());
  engine.open_model = [files = std::move(*graphs), this] { return model::open_verified_together(files, hashes_); };
  gateway::ServedModel served = serve_tensors(entry, std::move(engine), settings);
  at_start_.push_back(engines_.back().get());
  served.nlu = std::move(*reader);
  served_.push_back(std::move(served));
  return ok();
}

// One that this version cannot read any more hinders nobody.
Status Server::read_lexicons() {
  Reactor reactor(0, clock_);
  GH_TRY(const std::vector<store::KeptLexicon> kept, run_task(reactor, data_->store().lexicons().all(reactor)));
  for (const store::KeptLexicon& one : kept) {
    Result<nlu::Lexicon> read = nlu::Lexicon::read(one.text);
    if (read) {
      administration_->lexicons().set(one.tenant_number, std::make_shared<const nlu::Lexicon>(std::move(*read)));
    } else {
      log::warn("nlu", "a tenant's lexicon cannot be read",
                {{"tenant", std::to_string(one.tenant_number)}, {"error", read.error().describe()}});
    }
  }
  return ok();
}

}  // namespace gatehouse::app
