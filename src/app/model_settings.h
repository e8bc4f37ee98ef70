// app/model_settings.h — [models] and [engine.*]: which models there are, and how their engines run.
// Threads  value types
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/config/schema.h"
#include "gatehouse/gateway/gateway.h"

namespace gatehouse::app {

struct ModelSettings {
  config::Texts dirs{"./models"};  // ./models itself is always searched, and first
  std::string default_llm = "smollm2-135m-instruct";
  std::string default_tabular = "iris";
  std::string default_nlu = "uninlu-small";
  std::string default_embeddings = "minilm";
  std::string default_rerank;  // empty: the only one
  config::Texts required;
  config::Table aliases;
  bool lazy = false;
  seconds sleep_after{0};        // 0: never
  std::uint32_t versions = 1;    // of a tensor model that are loaded without being asked for
  seconds watch{5};              // between two looks into the folders; 0: none
  std::uint32_t max_tokens = 0;  // 0: no ceiling
  std::uint32_t max_prompt = gateway::Ceilings().prompt;
};

enum class Isolation : std::uint8_t { process, thread };

struct LlamaSettings {
  Isolation isolation = Isolation::process;
  std::uint32_t threads = 0;  // 0: as many as there are cores
  std::uint32_t compute_threads() const;
  std::uint32_t context = 4096;
  std::uint32_t sequences = 16;
  std::uint32_t queue = 256;
  std::uint32_t prefill_chunk = 128;
  seconds hang_after{10};    // 0: never
  seconds recycle_after{0};  // 0: never, like the next two
  std::uint32_t recycle_calls = 0;
  ByteCount recycle_memory{0};
  std::uint32_t prefix_memory = 256;  // MiB
};

struct OnnxSettings {
  Isolation isolation = Isolation::process;
  std::uint32_t threads = 1;
  std::uint32_t queue = 256;
  std::uint32_t batch_delay = 0;  // milliseconds; 0: calls are computed one by one
  seconds hang_after{10};         // 0: never
  seconds recycle_after{0};       // 0: never, like the next two
  std::uint32_t recycle_calls = 0;
  ByteCount recycle_memory{0};
  std::string library;  // empty: the pinned one
};

config::Schema<ModelSettings> model_keys();
config::Schema<LlamaSettings> llama_keys();
config::Schema<OnnxSettings> onnx_keys();
// Where models are looked for, in that order.
std::vector<std::filesystem::path> model_folders(const ModelSettings& models);

}  // namespace gatehouse::app
