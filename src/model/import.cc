#include "gatehouse/model/import.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <memory>
#include <system_error>

#include "file_digest.h"
#include "gatehouse/wire/json/writer.h"
#include "names.h"
#include "onnx_facts.h"

namespace gatehouse::model {
namespace {

constexpr std::size_t piece = 1024UL * 1024;
constexpr std::string_view file_name = "model.gguf", graph_name = "model.onnx";
constexpr std::size_t largest_graph = std::size_t{1} << 31;  // protobuf has no larger ones

std::string reason_of(int error_number) { return std::generic_category().message(error_number); }

Error not_written(const std::filesystem::path& path, int error_number) {
  return operator_error("model_not_written", "cannot write " + quoted_path(path) + ": " + reason_of(error_number));
}

// A folder that is removed with all that is in it, unless it was moved to its place.
class Workplace {
 public:
  explicit Workplace(std::filesystem::path path) : path_(std::move(path)) {}
  ~Workplace() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  const std::filesystem::path& path() const { return path_; }
  Status move_to(const std::filesystem::path& place) {
    if (rename(path_.c_str(), place.c_str()) != 0) return not_written(place, errno);
    path_.clear();
    return ok();
  }

 private:
  std::filesystem::path path_;
};

Status write_all(const Fd& to, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(to.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return not_written(path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return ok();
}

Error unreadable() { return operator_error("model_file_unreadable", "the file cannot be read: " + reason_of(errno)); }

Result<Fd> new_file(const std::filesystem::path& path) {
  Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file) return not_written(path, errno);
  return file;
}

// From the beginning to the end, piece by piece.
Status each_piece(const Fd& file, const std::function<Status(std::string_view bytes)>& call) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(piece);
  for (off_t done = 0;;) {
    const ssize_t n = pread(file.get(), buffer.get(), piece, done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable();
    if (n == 0) return ok();
    GH_CHECK(call(std::string_view(buffer.get(), static_cast<std::size_t>(n))));
    done += n;
  }
}

// The bytes that are copied are the bytes that are hashed. SHA-256 in lower-case hex.
Result<std::string> copy_hashed(const Fd& from, const Fd& to, std::uint64_t all, const std::filesystem::path& path,
                                const ImportSteps& steps) {
  FileDigest digest;
  std::uint64_t done = 0;
  GH_CHECK(each_piece(from, [&](std::string_view bytes) -> Status {
    digest.add(bytes);
    GH_CHECK(write_all(to, bytes, path));
    done += bytes.size();
    if (steps.progress) steps.progress(done, all);
    return ok();
  }));
  return digest.hex();
}

Result<std::string> hash_of(const Fd& file) {
  FileDigest digest;
  GH_CHECK(each_piece(file, [&digest](std::string_view bytes) { return digest.add(bytes), ok(); }));
  return digest.hex();
}

std::string manifest_of(const Imported& model) {
  std::string text = "# Made by `gatehouse model import`.\nkind = \"llm\"\n\n[[files]]\npath = \"" + std::string(file_name) +
                     "\"\nsha256 = \"" + model.sha256 + "\"\n";
  const bool limits = model.head.context > 0 || model.head.vocabulary > 0 || model.head.cell_bytes > 0;
  if (limits) text += "\n[limits]\n";
  if (model.head.context > 0) text += "context = " + std::to_string(model.head.context) + "\n";
  if (model.head.vocabulary > 0) text += "vocabulary = " + std::to_string(model.head.vocabulary) + "\n";
  if (model.head.cell_bytes > 0) text += "cell_bytes = " + std::to_string(model.head.cell_bytes) + "\n";
  return text;
}

Status write_manifest(std::string_view text, const std::filesystem::path& path) {
  const Fd to(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!to) return not_written(path, errno);
  GH_CHECK(write_all(to, text, path));
  return fsync(to.get()) == 0 ? ok() : Status(not_written(path, errno));
}

Result<std::uint64_t> size_of(const Fd& file) {
  struct stat found{};
  if (fstat(file.get(), &found) != 0) return unreadable();
  return static_cast<std::uint64_t>(found.st_size);
}

Status fill(Imported& model, const Fd& from, const std::filesystem::path& path, const ImportSteps& steps) {
  GH_TRY(const Fd to, new_file(path));
  if (steps.write) {
    GH_CHECK(steps.write(from, to));
    GH_TRY(model.head, read_gguf_head(to));
    GH_TRY(model.sha256, hash_of(to));
  } else {
    GH_TRY(const std::uint64_t all, size_of(from));
    GH_TRY(model.sha256, copy_hashed(from, to, all, path, steps));
  }
  if (fsync(to.get()) != 0) return not_written(path, errno);
  GH_TRY(model.bytes, size_of(to));
  return steps.try_out ? steps.try_out(to, model.head) : ok();
}

// Beside the place, so that a move does it.
Result<std::filesystem::path> make_workplace(const std::filesystem::path& beside) {
  std::error_code failed;
  std::filesystem::create_directories(beside, failed);
  if (failed) return operator_error("model_not_written", "cannot make " + quoted_path(beside) + ": " + failed.message());
  std::string name = (beside / ".import-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) return not_written(beside, errno);
  if (chmod(name.c_str(), 0755) != 0) return not_written(name, errno);
  return std::filesystem::path(name);
}

Result<Fd> open_to_import(const std::filesystem::path& file, const std::string& name) {
  if (!is_model_name(name)) {
    return operator_error("model_name_invalid",
                          "'" + name + "': a model's name has at most 64 of a-z, 0-9, '.', '_' and '-'; --name says another");
  }
  Fd from(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (from) return from;
  const std::string_view reason = errno == ENOENT ? "model_file_missing" : "model_file_unreadable";
  return operator_error(reason, "cannot read " + quoted_path(file) + ": " + reason_of(errno));
}

Result<std::filesystem::path> free_place(const std::filesystem::path& models, const std::string& name) {
  std::filesystem::path place = models / name / "1";
  std::error_code ignored;
  if (!std::filesystem::exists(place, ignored)) return place;
  return operator_error("model_exists", quoted_path(place) + " is there already: --name says another name, or it is removed by hand");
}

// A text of TOML, which escapes as JSON does.
std::string toml_text(std::string_view text) {
  std::string out = "\"";
  wire::append_json_escaped(out, text);
  return out + "\"";
}

void add_specs(std::string& manifest, std::string_view table, const std::vector<wire::TensorSpec>& specs) {
  for (const wire::TensorSpec& spec : specs) {
    manifest.append("\n[[").append(table).append("]]\nname = ").append(toml_text(spec.name)).append("\ndatatype = \"");
    manifest.append(to_string(spec.datatype)).append("\"\nshape = ").append(wire::to_text(spec.shape)).append("\n");
  }
}

std::string manifest_of(const OnnxFacts& facts, const std::string& sha256) {
  std::string text = "# Made by `gatehouse model import` from what the graph says. [[features]] may follow: docs/OPERATIONS.md.\nkind = \"";
  text.append(to_string(facts.is_trees ? Kind::trees : Kind::tensor)).append("\"\n");
  if (!facts.labels.empty()) {
    text += "labels = [";
    for (const std::string& label : facts.labels) text.append(&label == &facts.labels.front() ? "" : ", ").append(toml_text(label));
    text += "]\n";
  }
  text.append("\n[[files]]\npath = \"").append(graph_name).append("\"\nsha256 = \"").append(sha256).append("\"\n");
  add_specs(text, "inputs", facts.inputs);
  add_specs(text, "outputs", facts.outputs);
  return text;
}

Result<OnnxFacts> read_facts(const Fd& file, const std::filesystem::path& path) {
  std::string bytes;
  GH_CHECK(each_piece(file, [&bytes](std::string_view part) -> Status {
    if (bytes.size() > largest_graph) return operator_error("onnx_too_large", "an ONNX file has at most 2 GiB");
    return bytes.append(part), ok();
  }));
  wire::onnx::Limits limits;
  limits.nested = wire::onnx::Nested::looked_through;
  const Result<wire::onnx::Graph> graph = wire::onnx::parse_graph(bytes, limits);
  if (!graph) return operator_error(graph.error().reason(), quoted_path(path) + ": " + graph.error().public_text());
  OnnxFacts facts = onnx_facts(*graph);
  if (facts.faults.empty()) return facts;
  std::string all = quoted_path(path) + ": ";
  for (const std::string& fault : facts.faults) all.append(&fault == &facts.faults.front() ? "" : "; ").append(fault);
  return operator_error("onnx_not_served", std::move(all));
}

}  // namespace

std::string model_name_of(const std::filesystem::path& file) {
  std::string name;
  for (const char c : file.stem().string()) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte < 0x80 && (std::isalnum(byte) != 0 || c == '.' || c == '_' || c == '-');
    name += plain ? static_cast<char>(std::tolower(byte)) : '-';
  }
  name.erase(0, std::min(name.find_first_not_of(".-"), name.size()));
  return name.substr(0, longest_model_name);
}

Result<Imported> import_gguf(const std::filesystem::path& file, const std::string& name, const std::filesystem::path& models,
                             const ImportSteps& steps) {
  GH_TRY(const Fd from, open_to_import(file, name));
  Result<GgufHead> head = read_gguf_head(from);
  if (!head) return operator_error(head.error().reason(), quoted_path(file) + ": " + head.error().public_text());
  GH_TRY(const std::filesystem::path place, free_place(models, name));
  GH_TRY(std::filesystem::path made, make_workplace(models / name));
  Workplace workplace(std::move(made));
  Imported model{name, place, {}, 0, std::move(*head)};
  GH_CHECK(fill(model, from, workplace.path() / file_name, steps));
  GH_CHECK(write_manifest(manifest_of(model), workplace.path() / "model.toml"));
  GH_CHECK(workplace.move_to(place));
  return model;
}

Result<ImportedGraph> import_onnx(const std::filesystem::path& file, const std::string& name, const std::filesystem::path& models,
                                  const ImportSteps& steps) {
  GH_TRY(const Fd from, open_to_import(file, name));
  GH_TRY(const OnnxFacts facts, read_facts(from, file));
  GH_TRY(const std::filesystem::path place, free_place(models, name));
  GH_TRY(std::filesystem::path made, make_workplace(models / name));
  Workplace workplace(std::move(made));
  ImportedGraph model;
  model.name = name;
  model.folder = place;
  model.kind = facts.is_trees ? Kind::trees : Kind::tensor;
  const std::filesystem::path copy = workplace.path() / graph_name;
  GH_TRY(const Fd to, new_file(copy));
  GH_TRY(model.bytes, size_of(from));
  GH_TRY(model.sha256, copy_hashed(from, to, model.bytes, copy, steps));
  if (fsync(to.get()) != 0) return not_written(copy, errno);
  model.manifest = manifest_of(facts, model.sha256);
  GH_CHECK(parse_manifest(model.manifest, "model.toml"));
  GH_CHECK(write_manifest(model.manifest, workplace.path() / "model.toml"));
  GH_CHECK(workplace.move_to(place));
  return model;
}

}  // namespace gatehouse::model
