#include "gatehouse/adapters/llama_model.h"

#include <llama.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "chat_template.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/wire/llm/call_reader.h"
#include "llama_handles.h"
#include "prompt_compiler.h"
#include "sequences.h"
#include "vocabulary.h"

namespace gatehouse::adapters {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Result<ModelHandle> read_model(Fd file) {
  const std::unique_ptr<std::FILE, CloseFile> stream(fdopen(file.get(), "rb"));
  if (!stream) return operator_error("model_file_unusable", "the model file's descriptor cannot be read");
  static_cast<void>(file.release());
  std::rewind(stream.get());
  llama_model_params params = llama_model_default_params();
  params.n_gpu_layers = 0;
  // Read, not mapped: a file that changes afterwards must not change the answers, nor end the process.
  params.load_mode = LLAMA_LOAD_MODE_NONE;
  llama_model* model = nullptr;
  try {
    model = llama_model_load_from_file_ptr(stream.get(), params);
  } catch (const std::exception& why) {
    return operator_error("model_load_failed", std::string("llama.cpp: ") + why.what());
  }
  if (model == nullptr) return operator_error("model_load_failed", "llama.cpp cannot load the model file; its own words are in the log");
  ModelHandle handle(model, FreeModel());
  if (!llama_model_has_decoder(model) || llama_model_has_encoder(model) || llama_vocab_n_tokens(llama_model_get_vocab(model)) <= 0)
    return operator_error("model_load_failed", "the model file holds no model that generates text");
  return handle;
}

// name: null for the one that is used unless another is asked for.
std::optional<ChatTemplate> read_template(const llama_model* model, const Vocabulary& vocabulary, const char* name) {
  const char* source = llama_model_chat_template(model, name);
  if (source == nullptr) return std::nullopt;
  auto parsed = ChatTemplate::parse(source, vocabulary.text_of(vocabulary.bos()), vocabulary.text_of(vocabulary.eos()));
  if (parsed) return std::move(*parsed);
  telemetry::log::warn("llama", "the model's chat template cannot be used",
                       {{"template", name == nullptr ? "default" : name}, {"why", parsed.error().detail()}});
  return std::nullopt;
}

// Marks of calls that are control tokens are text where the model calls tools: the front looks for them there.
void show_call_marks(const std::optional<ChatTemplate>& chat, Vocabulary& vocabulary) {
  const wire::engine::CallForm form = chat ? chat->calls() : wire::engine::CallForm::none;
  if (form == wire::engine::CallForm::none) return;
  const wire::CallMarks marks = wire::marks_of(form);
  for (const std::string_view mark : {marks.open, marks.close, marks.arguments, wire::call_id_mark}) vocabulary.show(mark);
}

Result<SequenceShape> shape_of(const llama_model* model, const wire::engine::Load& load) {
  if (load.seats == 0 || load.seats > llama_max_parallel_sequences())
    return operator_error("model_load_failed", "seats must be between 1 and " + std::to_string(llama_max_parallel_sequences()));
  if (load.seat_cells < 2) return operator_error("model_load_failed", "a seat needs at least 2 cells");
  SequenceShape shape{load.seats, load.seat_cells, std::max(load.threads, 1U), std::max(load.prefill_chunk, 1U)};
  const auto trained = static_cast<std::uint32_t>(std::max(llama_model_n_ctx_train(model), 0));
  if (trained >= 2 && shape.seat_cells > trained) {
    telemetry::log::warn("llama", "seats are made as small as the model's context",
                         {{"model", load.model}, {"wanted", shape.seat_cells}, {"cells", trained}});
    shape.seat_cells = trained;
  }
  return shape;
}

}  // namespace

Result<engine::LoadedModel> load_llama_model(Fd file, const wire::engine::Load& load) {
  if (!file) return operator_error("model_file_unusable", "there is no model file");
  GH_TRY(const ModelHandle model, read_model(std::move(file)));
  GH_TRY(const SequenceShape shape, shape_of(model.get(), load));
  const auto vocabulary = std::make_shared<Vocabulary>(model);
  std::optional<ChatTemplate> chat = read_template(model.get(), *vocabulary, nullptr);
  std::optional<ChatTemplate> tool_use = read_template(model.get(), *vocabulary, "tool_use");
  if (tool_use && !tool_use->carries_tools()) tool_use.reset();
  show_call_marks(tool_use ? tool_use : chat, *vocabulary);
  GH_TRY(auto sequences, LlamaSequences::create(model, vocabulary, shape));
  auto compiler = std::make_unique<LlamaPromptCompiler>(vocabulary, std::move(chat), shape.seat_cells, std::move(tool_use));
  return engine::LoadedModel{std::move(compiler), std::move(sequences)};
}

}  // namespace gatehouse::adapters
