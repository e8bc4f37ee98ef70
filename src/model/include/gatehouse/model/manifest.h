// model/manifest.h — model.toml: what a model is, which files it needs and what they must be.
// Rules    strict: an unknown key is an error that names the nearest right one; a file is a plain relative path inside the model's folder
// Units    sha256 is 64 lower-case hex; context and vocabulary count tokens
// Threads  value type
// Errors   manifest_missing, manifest_unreadable, manifest_invalid (file:line:column stand in the text) → operator
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/tensor/tensor.h"

namespace gatehouse::model {

enum class Kind : std::uint8_t { llm, tensor, trees, nlu, embeddings, rerank, upstream };
std::string_view to_string(Kind kind);
// Whether it makes numbers of texts: a vector, or how well two go together.
constexpr bool reads_texts(Kind kind) { return kind == Kind::embeddings || kind == Kind::rerank; }

struct ManifestFile {
  std::string path;
  std::string sha256;
};

// An input or output of a tensor model.
struct TensorSpec {
  std::string name, datatype;
  std::vector<std::int64_t> shape;  // -1: any extent
};

// A column of a table.
struct Feature {
  std::string name, unit;
  std::optional<double> min, max;                  // physical limits
  std::optional<double> trained_min, trained_max;  // what training has seen
  std::vector<std::string> values;                 // the only ones, where it is a word
  std::optional<std::variant<double, std::string>> example;
};

struct ManifestLimits {
  std::optional<std::uint32_t> context, vocabulary;
  std::optional<std::uint32_t> cell_bytes;  // of the KV cache, for one token
};

// Of a language model.
struct ChatDefaults {
  std::string system_prompt;  // for conversations that bring none; empty: the template's own
};

// Of a model that answers schemas: two graphs (texts alone, a text with a prompt), and how texts and prompts are put together.
// Units    lengths in tokens; threshold is a logit
struct NluFacts {
  std::uint32_t siamese_layers = 0, fusion_layers = 0;
  std::uint32_t hidden = 0;                         // values a token between the two graphs
  std::uint32_t max_len = 0, stride = 0;            // of a window of a long text, and how far the next one is
  std::uint32_t hint_max = 0;                       // of a prompt
  std::optional<std::uint32_t> hint_position_base;  // where its positions begin; nothing ("text_len"): where the text beside it ends
  double threshold = 0;                             // a span's ends lie above it
  bool lower_case = true;
  std::string label_separator = ",", body_separator = "|";  // in front of a text: labels, and where they end
  std::vector<std::string> event_types;
};

// Of a model that makes numbers of texts, whose vocabulary is vocab.txt.
struct TextFacts {
  bool lower_case = true;
};

// Money a million tokens, and a call.
struct Price {
  std::optional<double> prompt, cached, completion, call;
};

struct Manifest {
  Kind kind = Kind::llm;
  std::vector<ManifestFile> files;  // at least one, but for upstreams
  std::vector<TensorSpec> inputs, outputs;
  std::vector<Feature> features;
  std::vector<std::string> labels;
  ManifestLimits limits;
  Price price;
  ChatDefaults chat;
  std::optional<NluFacts> nlu;
  TextFacts texts;
  std::string licence, source;
};

// As they cross the boundary of an engine. The manifest's words are those of the protocol: parse_manifest() has looked.
std::vector<wire::TensorSpec> specs_of(const std::vector<TensorSpec>& said);

// name stands in errors. Looks at no file.
Result<Manifest> parse_manifest(std::string_view toml, std::string_view name);
// folder/model.toml; its files must not lead out of the folder, whether or not they are there yet.
Result<Manifest> read_manifest(const std::filesystem::path& folder);

}  // namespace gatehouse::model
