#include "gatehouse/model/manifest.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <limits>
#include <system_error>

#include "names.h"
#include "toml_table.h"

namespace gatehouse::model {
namespace {

constexpr std::size_t longest_manifest = 1024 * 1024, longest_path = 255;
// The library's tables in tables are as deep as a key has parts, and recursion takes them apart.
constexpr std::ptrdiff_t most_dots = 10'000;
constexpr std::int64_t most_tokens = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t most_cell_bytes = 1 << 30;

constexpr std::array<std::string_view, 7> kind_names{"llm", "tensor", "trees", "nlu", "embeddings", "rerank", "upstream"};
constexpr std::array<std::string_view, 14> datatypes{"BOOL",  "UINT8", "UINT16", "UINT32", "UINT64", "INT8",  "INT16",
                                                     "INT32", "INT64", "FP16",   "FP32",   "FP64",   "BYTES", "BF16"};

using Keys = std::string_view;
constexpr std::array<Keys, 13> root_keys{"kind",     "chat",   "nlu",    "texts", "files",   "inputs", "outputs",
                                         "features", "labels", "limits", "price", "licence", "source"};
constexpr std::array<Keys, 2> file_keys{"path", "sha256"};
constexpr std::array<Keys, 3> tensor_keys{"name", "datatype", "shape"};
constexpr std::array<Keys, 8> feature_keys{"name", "unit", "min", "max", "trained_min", "trained_max", "values", "example"};
constexpr std::array<Keys, 3> limit_keys{"context", "vocabulary", "cell_bytes"};
constexpr std::array<Keys, 1> chat_keys{"system_prompt"};
constexpr std::array<Keys, 12> nlu_keys{"siamese_layers", "fusion_layers",      "hidden",    "max_len",    "stride",
                                        "hint_max",       "hint_position_base", "threshold", "lower_case", "label_separator",
                                        "body_separator", "event_types"};
constexpr std::array<Keys, 1> text_keys{"lower_case"};
constexpr std::array<Keys, 4> price_keys{"prompt", "cached", "completion", "call"};

template <std::size_t N>
std::string list_of(const std::array<std::string_view, N>& names) {
  std::string out;
  for (const std::string_view name : names) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

// Names one file below the folder, in one way only.
bool is_plain_path(std::string_view path) {
  if (path.empty() || path.size() > longest_path) return false;
  const auto foreign = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\'; };
  if (std::ranges::any_of(path, foreign)) return false;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view part = path.substr(start, end - start);
    if (part.empty() || part == "." || part == "..") return false;
    start = end + 1;
  }
  return true;
}

ManifestFile read_file(const TomlTable& table, const std::vector<ManifestFile>& before) {
  table.only(file_keys);
  ManifestFile file;
  file.path = table.text("path", Need::required).value_or("");
  file.sha256 = table.text("sha256", Need::required).value_or("");
  if (!is_plain_path(file.path)) table.fault("path", "must be a plain path inside the model's folder, such as model.onnx");
  if (!is_sha256(file.sha256)) table.fault("sha256", "must be 64 lower-case hexadecimal digits: sha256sum prints them");
  if (std::ranges::find(before, file.path, &ManifestFile::path) != before.end()) table.fault("path", "names a file a second time");
  return file;
}

TensorSpec read_tensor(const TomlTable& table) {
  table.only(tensor_keys);
  TensorSpec tensor;
  tensor.name = table.text("name", Need::required).value_or("");
  tensor.datatype = table.text("datatype", Need::required).value_or("");
  tensor.shape = table.integers("shape");
  if (std::ranges::find(datatypes, tensor.datatype) == datatypes.end()) {
    table.fault("datatype", "must be one of " + list_of(datatypes));
  }
  if (table.node("shape") == nullptr) table.fault("shape", "is missing");
  if (std::ranges::any_of(tensor.shape, [](std::int64_t extent) { return extent < -1 || extent == 0; })) {
    table.fault("shape", "must hold positive integers, or -1 for any extent");
  }
  return tensor;
}

Feature read_feature(const TomlTable& table) {
  table.only(feature_keys);
  Feature feature;
  feature.name = table.text("name", Need::required).value_or("");
  feature.unit = table.text("unit", Need::optional).value_or("");
  feature.min = table.number("min");
  feature.max = table.number("max");
  feature.values = table.texts("values");
  feature.trained_min = table.number("trained_min");
  feature.trained_max = table.number("trained_max");
  if (feature.min && feature.max && *feature.min > *feature.max) table.fault("min", "is above max");
  if (feature.trained_min && feature.trained_max && *feature.trained_min > *feature.trained_max)
    table.fault("trained_min", "is above trained_max");
  const toml::node* example = table.node("example");
  if (example != nullptr && example->is_string()) {
    feature.example = table.text("example", Need::optional).value_or("");
  } else if (const std::optional<double> number = table.number("example")) {
    feature.example = *number;
  }
  return feature;
}

ManifestLimits read_limits(const TomlTable& table) {
  table.only(limit_keys);
  ManifestLimits limits;
  if (const auto context = table.integer("context", 1, most_tokens)) limits.context = static_cast<std::uint32_t>(*context);
  if (const auto vocabulary = table.integer("vocabulary", 1, most_tokens)) limits.vocabulary = static_cast<std::uint32_t>(*vocabulary);
  if (const auto bytes = table.integer("cell_bytes", 1, most_cell_bytes)) limits.cell_bytes = static_cast<std::uint32_t>(*bytes);
  return limits;
}

ChatDefaults read_chat(const TomlTable& table) {
  table.only(chat_keys);
  return {.system_prompt = table.text("system_prompt", Need::optional).value_or("")};
}

bool read_lower_case(const TomlTable& table) {
  const toml::node* lower = table.node("lower_case");
  if (lower == nullptr) return true;
  if (!lower->is_boolean()) table.fault("lower_case", "must be true or false");
  return lower->value_or(true);
}

TextFacts read_text_facts(const TomlTable& table) {
  table.only(text_keys);
  return {.lower_case = read_lower_case(table)};
}

NluFacts read_nlu(const TomlTable& table) {
  table.only(nlu_keys);
  NluFacts nlu;
  const auto take = [&table](std::string_view key, std::int64_t low, std::uint32_t& into) {
    if (table.node(key) == nullptr) return table.fault(key, "is missing");
    if (const auto value = table.integer(key, low, most_tokens)) into = static_cast<std::uint32_t>(*value);
  };
  take("siamese_layers", 0, nlu.siamese_layers);
  take("fusion_layers", 0, nlu.fusion_layers);
  take("hidden", 1, nlu.hidden);
  take("max_len", 8, nlu.max_len);
  take("stride", 1, nlu.stride);
  take("hint_max", 2, nlu.hint_max);
  const toml::node* base = table.node("hint_position_base");
  const bool behind_text = base != nullptr && base->value<std::string_view>() == "text_len";
  if (!behind_text) take("hint_position_base", 0, nlu.hint_position_base.emplace());
  nlu.threshold = table.number("threshold").value_or(nlu.threshold);
  nlu.lower_case = read_lower_case(table);
  nlu.label_separator = table.text("label_separator", Need::optional).value_or(nlu.label_separator);
  nlu.body_separator = table.text("body_separator", Need::optional).value_or(nlu.body_separator);
  nlu.event_types = table.texts("event_types");
  if (nlu.stride > nlu.max_len) table.fault("stride", "is more than max_len: what lies between two windows would be lost");
  return nlu;
}

Price read_price(const TomlTable& table) {
  table.only(price_keys);
  const auto money = [&table](std::string_view key) {
    const std::optional<double> amount = table.number(key);
    if (amount && *amount < 0) table.fault(key, "must not be negative");
    return amount;
  };
  return {.prompt = money("prompt"), .cached = money("cached"), .completion = money("completion"), .call = money("call")};
}

Kind read_kind(const TomlTable& root) {
  const std::string written = root.text("kind", Need::required).value_or("");
  const auto found = std::ranges::find(kind_names, written);
  if (found != kind_names.end()) return static_cast<Kind>(found - kind_names.begin());
  root.fault("kind", "must be one of " + list_of(kind_names));
  return Kind::llm;
}

Manifest read_root(const TomlTable& root) {
  root.only(root_keys);
  Manifest manifest;
  manifest.kind = read_kind(root);
  for (const TomlTable& table : root.tables("files")) manifest.files.push_back(read_file(table, manifest.files));
  for (const TomlTable& table : root.tables("inputs")) manifest.inputs.push_back(read_tensor(table));
  for (const TomlTable& table : root.tables("outputs")) manifest.outputs.push_back(read_tensor(table));
  for (const TomlTable& table : root.tables("features")) manifest.features.push_back(read_feature(table));
  manifest.labels = root.texts("labels");
  if (const auto limits = root.table("limits")) manifest.limits = read_limits(*limits);
  if (const auto chat = root.table("chat")) manifest.chat = read_chat(*chat);
  if (const auto nlu = root.table("nlu")) manifest.nlu = read_nlu(*nlu);
  if (manifest.nlu && manifest.kind != Kind::nlu) root.fault("nlu", "belongs to models of the kind nlu alone");
  if (const auto texts = root.table("texts")) manifest.texts = read_text_facts(*texts);
  if (root.node("texts") != nullptr && !reads_texts(manifest.kind)) {
    root.fault("texts", "belongs to models of the kinds embeddings and rerank alone");
  }
  if (const auto price = root.table("price")) manifest.price = read_price(*price);
  manifest.licence = root.text("licence", Need::optional).value_or("");
  manifest.source = root.text("source", Need::optional).value_or("");
  if (manifest.files.empty() && manifest.kind != Kind::upstream) root.fault("files", "must name the model's file and its sha256");
  return manifest;
}

bool leads_out(const std::filesystem::path& folder, const std::string& file) {
  std::error_code failed;
  const std::filesystem::path root = std::filesystem::canonical(folder, failed);
  if (failed) return true;
  const std::filesystem::path target = std::filesystem::weakly_canonical(root / file, failed);
  if (failed) return true;
  return std::ranges::mismatch(root, target).in1 != root.end();
}

Result<std::string> read_text(const std::filesystem::path& path) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  if (failed == std::errc::no_such_file_or_directory) return operator_error("manifest_missing", "'" + path.string() + "' is missing");
  if (failed) return operator_error("manifest_unreadable", "cannot read '" + path.string() + "': " + failed.message());
  if (size > longest_manifest) return operator_error("manifest_invalid", path.string() + ": is longer than 1 MiB");
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) return operator_error("manifest_unreadable", "cannot read '" + path.string() + "'");
  return text;
}

}  // namespace

std::string_view to_string(Kind kind) { return kind_names[static_cast<std::size_t>(kind)]; }

Result<Manifest> parse_manifest(std::string_view toml, std::string_view name) {
  if (std::ranges::count(toml, '.') > most_dots)
    return operator_error("manifest_invalid", std::string(name) + ": more than " + std::to_string(most_dots) + " dots, in keys or text");
  try {
    const toml::table document = toml::parse(toml, name);
    Faults faults(name);
    Manifest manifest = read_root(TomlTable(document, "", faults));
    GH_CHECK(faults.status());
    return manifest;
  } catch (const toml::parse_error& error) {
    return manifest_invalid(name, error.source(), error.description());
  }
}

std::vector<wire::TensorSpec> specs_of(const std::vector<TensorSpec>& said) {
  std::vector<wire::TensorSpec> specs;
  for (const TensorSpec& one : said) {
    wire::TensorSpec& spec = specs.emplace_back();
    spec.name = one.name;
    spec.datatype = wire::datatype_named(one.datatype).value_or(wire::Datatype::fp32);
    spec.shape = one.shape;
  }
  return specs;
}

Result<Manifest> read_manifest(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "model.toml";
  GH_TRY(const std::string text, read_text(path));
  GH_TRY(Manifest manifest, parse_manifest(text, path.string()));
  for (const ManifestFile& file : manifest.files) {
    if (leads_out(folder, file.path)) {
      return operator_error("manifest_invalid",
                            path.string() + ": '" + file.path + "' leads out of the model's folder; put the file itself there");
    }
  }
  return manifest;
}

}  // namespace gatehouse::model
