#include "import_model.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <optional>
#include <vector>

#include "gatehouse/config/units.h"
#include "gatehouse/model/import.h"
#include "gatehouse/wire/json/writer.h"
#include "loading_memory.h"
#include "machine_memory.h"
#include "model_tools.h"
#include "print_json.h"
#include "progress.h"
#include "terminal_text.h"

namespace gatehouse::app {
namespace {

constexpr std::uint32_t tried_cells = 512, tried_seats = 16;

// How fast a file is here, with its layout as it was or is.
struct Tried {
  std::string layout;
  std::uint64_t bytes = 0;
  engine::ModelSpeed speed;
};

class Importer {
 public:
  Importer(const Configuration& configuration, std::string layout, seconds patience)
      : settings_(configuration.settings.llama), folder_(model_folders(configuration.settings.models).front()), layout_(std::move(layout)) {
    patience_.longest = patience;
    patience_.on_wait = [this](seconds waited) { progress_.show("the model is tried", waited); };
  }
  Importer(const Importer&) = delete;
  Importer& operator=(const Importer&) = delete;

  Result<model::Imported> import(const std::string& file, const std::string& name) {
    model::ImportSteps steps;
    if (layout_.empty()) {
      steps.progress = [this](std::uint64_t done, std::uint64_t all) { progress_.show(done, all); };
    } else {
      steps.write = [this](const Fd& from, const Fd& to) { return rewrite(from, to); };
    }
    steps.try_out = [this](const Fd& made, const model::GgufHead& head) { return try_out(made, head); };
    return model::import_gguf(file, name.empty() ? model::model_name_of(file) : name, folder_, steps);
  }

  std::string text_of(const model::Imported& made) const {
    const std::uint64_t seat = made.head.context > 0 ? std::min<std::uint64_t>(settings_.context, made.head.context) : settings_.context;
    std::string text;
    wire::JsonWriter json(text);
    json.begin_object().member("name", made.name).member("version", "1").member("kind", "llm").member("state", "declared");
    json.member("reason", "a server serves it from its next start on").member("folder", made.folder.string()).member("sha256", made.sha256);
    json.member("bytes", made.bytes).member("architecture", made.head.architecture).member("context", made.head.context);
    json.member("vocabulary", made.head.vocabulary).member("chat_template", made.head.has_chat_template).member("layout", made.head.layout);
    json.member("memory_bytes", model::memory_needed(made.bytes, made.head.cell_bytes, seat * settings_.sequences));
    json.key("speed").begin_list();
    for (const Tried& tried : tried_) append(json, tried);
    json.end_list().end_object();
    return text;
  }

 private:
  // The file as it was is measured, too: whether the other layout is worth its place shows beside it.
  Status rewrite(const Fd& from, const Fd& to) {
    GH_TRY(const model::GgufHead head, model::read_gguf_head(from));
    GH_CHECK(try_out(from, head));
    return rewrite_model(from, to, layout_, patience_, [this](std::uint64_t done, std::uint64_t all) { progress_.show(done, all); });
  }

  Status try_out(const Fd& file, const model::GgufHead& head) {
    const std::uint64_t needed = model::memory_needed(head.tensor_bytes, head.cell_bytes, std::uint64_t{tried_seats} * tried_cells);
    const std::uint64_t free = machine_memory().free_bytes;
    if (needed > free) {
      std::cerr << "gatehouse: not tried, as that needs " << in_gibibytes(needed) << " of memory and " << in_gibibytes(free)
                << " can be had\n";
      return ok();
    }
    GH_TRY(engine::ModelSpeed speed, measure_model(file, settings_.compute_threads(), tried_cells, patience_));
    tried_.push_back({head.layout, head.tensor_bytes, std::move(speed)});
    return ok();
  }

  static void append(wire::JsonWriter& json, const Tried& tried) {
    const auto rounded = [](double rate) { return std::round(rate * 10) / 10; };
    json.begin_object().member("layout", tried.layout).member("bytes", tried.bytes).member("threads", tried.speed.threads);
    json.member("prefill", rounded(tried.speed.prefill));
    for (const engine::DecodeSpeed& decode : tried.speed.decode)
      json.member("decode_" + std::to_string(decode.sequences), rounded(decode.tokens));
    json.end_object();
  }

  const LlamaSettings settings_;
  const std::filesystem::path folder_;
  const std::string layout_;
  Progress progress_{"import"};
  ToolPatience patience_;
  std::vector<Tried> tried_;
};

// The figures are a table of their own, behind what there is one of.
std::string as_text(const std::string& json) {
  constexpr std::string_view figures = ",\"speed\":";
  const std::size_t at = json.rfind(figures);
  const std::string list = json.substr(at + figures.size(), json.size() - at - figures.size() - 1);
  std::string text = object_as_text(json.substr(0, at) + "}");
  if (list == "[]") return text;
  constexpr std::string_view columns[] = {"layout", "bytes", "threads", "prefill", "decode_1", "decode_4", "decode_16"};
  return text + "\nTokens a second on this machine, of a prompt and of 1, 4 and 16 answers at once:\n" + table_as_text(list, columns);
}

}  // namespace

namespace {

int import_graph(const AdminOptions& options, const Configuration& configuration, const std::string& file, const std::string& name) {
  Progress progress("import");
  model::ImportSteps steps;
  steps.progress = [&progress](std::uint64_t done, std::uint64_t all) { progress.show(done, all); };
  const std::string called = name.empty() ? model::model_name_of(file) : name;
  const auto made = model::import_onnx(file, called, model_folders(configuration.settings.models).front(), steps);
  if (!made) return report(made.error());
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().member("name", made->name).member("version", "1").member("kind", to_string(made->kind)).member("state", "declared");
  json.member("reason", "a server serves it from its next start on").member("folder", made->folder.string());
  json.member("sha256", made->sha256).member("bytes", made->bytes).end_object();
  std::cout << (options.output == Output::json ? json_for_terminal(text) + "\n" : object_as_text(text) + "\n" + made->manifest);
  return exit_well;
}

}  // namespace

int model_import(const AdminOptions& options, const ImportOptions& wanted) {
  const std::optional<seconds> patience = config::parse_duration(wanted.patience);
  if (!patience || *patience == seconds(0)) {
    return report(operator_error("patience_invalid", "--patience is a duration above 0, such as 10m or 90s"));
  }
  const Configuration configuration = read_configuration(options.configuration);
  if (!configuration.ok()) return report(configuration.reading.faults);
  const bool is_graph = std::filesystem::path(wanted.file).extension() == ".onnx";
  if (is_graph && !wanted.layout.empty()) {
    return report(operator_error("layout_not_possible", "--quantize is for GGUF files")), exit_usage;
  }
  if (is_graph) return import_graph(options, configuration, wanted.file, wanted.name);
  Importer importer(configuration, wanted.layout, *patience);
  const Result<model::Imported> made = importer.import(wanted.file, wanted.name);
  if (!made) return report(made.error());
  if (!made->head.has_chat_template)
    std::cerr << "gatehouse: the file brings no chat template: /v1/chat/completions will refuse, plain prompts work.\n";
  const std::string json = importer.text_of(*made);
  std::cout << (options.output == Output::json ? json_for_terminal(json) + "\n" : as_text(json));
  return exit_well;
}

}  // namespace gatehouse::app
