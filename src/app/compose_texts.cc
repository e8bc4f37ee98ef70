// Models that make numbers of texts (vectors, or how well two go together), on their way into the server: a graph for an engine, and a
// vocabulary that stays here.
#include <algorithm>
#include <memory>
#include <utility>

#include "compose.h"
#include "gatehouse/nlu/token_rows.h"
#include "gatehouse/telemetry/log.h"
#include "model_parts.h"

namespace gatehouse::app {

namespace {

namespace log = telemetry::log;

constexpr std::size_t largest_text_vocabulary = std::size_t{16} * 1024 * 1024;
constexpr std::uint32_t usual_longest = 512, shortest_longest = 8, most_row_tokens = 4096;
// Rows are computed together with whatever waits, and nothing waits for company.
constexpr std::uint64_t no_delay_us = 1;

Result<model::NamedFile> file_that(const model::Entry& entry, std::string_view ending) {
  const std::vector<model::ManifestFile>& files = entry.manifest->files;
  const auto found = std::ranges::find_if(files, [ending](const model::ManifestFile& file) { return file.path.ends_with(ending); });
  if (found != files.end()) return model::NamedFile{entry.folder / found->path, found->sha256};
  return operator_error("manifest_invalid",
                        "a model of the kind " + std::string(to_string(entry.manifest->kind)) + " needs a file " + std::string(ending));
}

Result<std::shared_ptr<const nlu::TextReader>> text_reader_of(const model::Entry& entry, model::HashMemory& hashes) {
  const std::uint32_t longest = entry.manifest->limits.context.value_or(usual_longest);
  if (longest < shortest_longest || longest > most_row_tokens) {
    return operator_error("manifest_invalid", "limits.context of a model that reads texts is between 8 and 4096");
  }
  GH_TRY(const model::NamedFile file, file_that(entry, "vocab.txt"));
  GH_TRY(const std::string bytes, model::read_verified(file, largest_text_vocabulary, hashes));
  GH_TRY(nlu::Vocabulary vocabulary, nlu::Vocabulary::read(bytes, "vocab.txt"));
  const auto letters = entry.manifest->texts.lower_case ? nlu::Tokenizer::Letters::lower : nlu::Tokenizer::Letters::as_they_are;
  return std::make_shared<const nlu::TextReader>(nlu::TextReader{nlu::Tokenizer(std::move(vocabulary), letters), longest});
}

}  // namespace

// One that cannot be read is left out, like one whose manifest cannot. It is loaded by whoever first asks for it: nobody else needs its
// memory.
Status Server::add_text_engine(const model::Entry& entry, const Settings& settings) {
  Result<std::shared_ptr<const nlu::TextReader>> reader = text_reader_of(entry, hashes_);
  const Result<model::NamedFile> graph = file_that(entry, ".onnx");
  if (!reader || !graph) {
    const Error& why = reader ? graph.error() : reader.error();
    log::warn("models", "a model cannot be served", {{"model", entry.name}, {"error", why.describe()}});
    return ok();
  }
  if (!tensor_spawner_) GH_CHECK(make_tensor_spawner(settings.onnx));
  adapters::ChildEngineOptions engine = tensor_options(entry, settings);
  engine.tensors->inputs = model::specs_of(entry.manifest->inputs);
  engine.tensors->outputs = model::specs_of(entry.manifest->outputs);
  engine.tensors->batch_us = std::max(no_delay_us, std::uint64_t{settings.onnx.batch_delay} * 1000);
  engine.tensors->row_tokens = static_cast<std::uint32_t>((*reader)->longest);
  engine.lazy = !is_required(entry.name, settings.models);
  engine.open_model = [file = *graph, this] { return model::open_verified(file.path, file.sha256, hashes_); };
  gateway::ServedModel served = serve_tensors(entry, std::move(engine), settings);
  at_start_.push_back(engines_.back().get());
  served.texts = std::move(*reader);
  served_.push_back(std::move(served));
  return ok();
}

}  // namespace gatehouse::app
