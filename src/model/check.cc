#include "gatehouse/model/check.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

#include "file_digest.h"
#include "gatehouse/base/fd.h"
#include "gatehouse/model/gguf.h"
#include "onnx_facts.h"

namespace gatehouse::model {
namespace {

constexpr std::size_t most_looked_into = std::size_t{1} << 31;  // protobuf has no larger ones

std::string error_words(int number) { return std::generic_category().message(number); }

std::string number_words(double number) {
  std::string words = std::to_string(number);
  words.erase(words.find_last_not_of('0') + 1);
  if (words.ends_with('.')) words.pop_back();
  return words;
}

bool is_of_tensors(Kind kind) { return kind == Kind::tensor || kind == Kind::trees || kind == Kind::nlu || reads_texts(kind); }

class FolderCheck {
 public:
  FolderCheck(const std::filesystem::path& folder, const Manifest& manifest) : folder_(folder), manifest_(manifest) {}

  std::vector<std::string> run() && {
    for (const ManifestFile& file : manifest_.files) check_file(file);
    if (manifest_.kind == Kind::tensor || manifest_.kind == Kind::trees) check_table();
    for (const Feature& feature : manifest_.features) check_example(feature);
    return std::move(faults_);
  }

 private:
  void say(std::string fault) { faults_.push_back(std::move(fault)); }

  void check_file(const ManifestFile& file) {
    const std::filesystem::path path = folder_ / file.path;
    const Fd opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!opened) return say(file.path + (errno == ENOENT ? " is missing" : " cannot be read: " + error_words(errno)));
    const bool is_graph = is_of_tensors(manifest_.kind) && path.extension() == ".onnx";
    std::string bytes;
    const std::optional<std::string> digest = read_through(opened, is_graph ? &bytes : nullptr);
    if (!digest) return say(file.path + " cannot be read to its end: " + error_words(errno));
    if (*digest != file.sha256) say(file.path + " is another file than the manifest names: its SHA-256 is " + *digest);
    if (is_graph) {
      check_graph(file, bytes);
    } else if (manifest_.kind == Kind::llm) {
      const Result<GgufHead> head = read_gguf_head(opened);
      if (!head) say(file.path + ": " + head.error().public_text());
    }
  }

  // Its SHA-256, and the bytes of a file that is looked into, as far as there can be so many.
  static std::optional<std::string> read_through(const Fd& file, std::string* bytes) {
    FileDigest digest;
    std::string piece(std::size_t{1} << 20, '\0');
    for (off_t done = 0;;) {
      const ssize_t n = pread(file.get(), piece.data(), piece.size(), done);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return std::nullopt;
      if (n == 0) {
        const Result<std::string> hex = digest.hex();
        return hex ? std::optional(*hex) : std::nullopt;
      }
      const std::string_view read(piece.data(), static_cast<std::size_t>(n));
      digest.add(read);
      if (bytes != nullptr && bytes->size() < most_looked_into) bytes->append(read);
      done += n;
    }
  }

  void check_graph(const ManifestFile& file, const std::string& bytes) {
    wire::onnx::Limits limits;
    limits.nested = wire::onnx::Nested::looked_through;
    const Result<wire::onnx::Graph> graph = wire::onnx::parse_graph(bytes, limits);
    if (!graph) return say(file.path + ": " + graph.error().public_text());
    OnnxFacts facts = onnx_facts(*graph);
    for (const std::string& fault : facts.faults) say(file.path + ": " + fault);
    if (manifest_.kind == Kind::nlu) return;
    compare("input", specs_of(manifest_.inputs), facts.inputs);
    compare("output", specs_of(manifest_.outputs), facts.outputs);
    if (!manifest_.inputs.empty() && manifest_.inputs.size() < facts.inputs.size()) {
      for (const wire::TensorSpec& spec : facts.inputs) {
        const bool named = std::ranges::find(manifest_.inputs, spec.name, &TensorSpec::name) != manifest_.inputs.end();
        if (!named) say("the manifest has no input '" + spec.name + "', which the graph takes");
      }
    }
    facts_ = std::move(facts);
  }

  void compare(const std::string& side, const std::vector<wire::TensorSpec>& wanted, const std::vector<wire::TensorSpec>& had) {
    for (const wire::TensorSpec& one : wanted) {
      const auto found = std::ranges::find(had, one.name, &wire::TensorSpec::name);
      if (found == had.end()) {
        say("the graph has no " + side + " '" + one.name + "'");
      } else if (const auto differs = wire::difference(one, *found)) {
        say("the " + side + " '" + one.name + "' " + *differs + " in the graph, and " + std::string(to_string(one.datatype)) + " " +
            wire::to_text(one.shape) + " in the manifest");
      }
    }
  }

  // Features are the columns of the one input, or its inputs, of a column each; labels the classes of an output.
  void check_table() {
    if (!manifest_.features.empty() && !facts_.inputs.empty()) {
      const bool one = facts_.inputs.size() == 1;
      const wire::Shape& shape = facts_.inputs.front().shape;
      const std::int64_t columns = !one ? static_cast<std::int64_t>(facts_.inputs.size()) : shape.size() == 2 ? shape[1] : -1;
      if (columns > 0 && std::cmp_not_equal(columns, manifest_.features.size())) {
        say("the manifest has " + std::to_string(manifest_.features.size()) + " features, and the graph " + std::to_string(columns) +
            " columns");
      }
    }
    for (const wire::TensorSpec& output : facts_.outputs) {
      const bool scores = output.shape.size() == 2 && output.shape[1] > 1 && !manifest_.labels.empty();
      if (scores && std::cmp_not_equal(output.shape[1], manifest_.labels.size())) {
        say("the manifest has " + std::to_string(manifest_.labels.size()) + " labels, and the output '" + output.name + "' " +
            std::to_string(output.shape[1]) + " classes");
      }
    }
  }

  void check_example(const Feature& feature) {
    if (!feature.example) return;
    const std::string what = "the example of the feature '" + feature.name + "' ";
    if (const auto* word = std::get_if<std::string>(&*feature.example)) {
      const bool known = feature.values.empty() || std::ranges::find(feature.values, *word) != feature.values.end();
      if (!known) say(what + "is none of its values");
      return;
    }
    const double number = std::get<double>(*feature.example);
    if (!feature.values.empty()) say(what + "is a number, and its values are words");
    const bool fits = (!feature.min || number >= *feature.min) && (!feature.max || number <= *feature.max);
    if (!fits) say(what + "is " + number_words(number) + ", which its own limits do not allow");
  }

  const std::filesystem::path& folder_;
  const Manifest& manifest_;
  OnnxFacts facts_;
  std::vector<std::string> faults_;
};

// A version's folder, seen where models are expected.
bool is_version_number(const std::string& name) { return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos; }

bool is_served(Kind kind) { return kind == Kind::llm || is_of_tensors(kind); }

}  // namespace

std::vector<std::string> faults_in(const Entry& entry) {
  if (!entry.manifest) return {entry.manifest.error().public_text()};
  if (!is_served(entry.manifest->kind))
    return {"models of the kind " + std::string(to_string(entry.manifest->kind)) + " are not served yet"};
  return FolderCheck(entry.folder, *entry.manifest).run();
}

std::vector<Entry> entries_at(const std::filesystem::path& folder) {
  std::error_code failed;
  const std::filesystem::path place = std::filesystem::weakly_canonical(folder, failed);
  const bool is_version = std::filesystem::exists(place / "model.toml", failed);
  const std::filesystem::path models = is_version ? place.parent_path().parent_path() : place;
  std::vector<Entry> found = scan({models});
  if (is_version) {
    std::erase_if(found, [&place](const Entry& entry) { return entry.folder != place; });
    if (found.empty()) found.push_back({place.filename().string(), 0, place, read_manifest(place)});
    return found;
  }
  const bool is_model = std::ranges::any_of(found, [](const Entry& entry) { return is_version_number(entry.name); });
  if (!found.empty() && !is_model) return found;
  found = scan({place.parent_path()});
  std::erase_if(found, [&place](const Entry& entry) { return entry.name != place.filename(); });
  return found;
}

}  // namespace gatehouse::model
