#include "model_settings.h"

#include <algorithm>
#include <thread>

#include "setting_checks.h"

namespace gatehouse::app {
namespace {

constexpr std::int64_t mib_of_bytes = 1024 * 1024, seconds_of_a_day = 24 * 60 * 60;

}  // namespace

config::Schema<ModelSettings> model_keys() {
  using S = ModelSettings;
  config::Schema<S> keys;
  keys.texts("dirs", &S::dirs, "Folders of models, searched in this order behind ./models.").checked(must_not_be_empty);
  keys.text("default_llm", &S::default_llm, "The language model of requests that name none.")
      .checked(must_not_be_empty)
      .alias("LLM_MODEL_NAME");
  keys.text("default_tabular", &S::default_tabular, "The model of requests to /predict that name none.").checked(must_not_be_empty);
  keys.text("default_nlu", &S::default_nlu, "The model of texts with a schema that name none.").checked(must_not_be_empty);
  keys.text("default_embeddings", &S::default_embeddings, "The model of requests to /v1/embeddings that name none.");
  keys.text("default_rerank", &S::default_rerank, "The model of requests to /v1/rerank that name none; empty, the only one of its kind.");
  keys.texts("required", &S::required, "Models without which the server is not ready; unset, the value of default_llm.")
      .checked(must_not_be_empty)
      .unset_follows("default_llm");
  keys.table("aliases", &S::aliases,
             "Other names of models, such as { \"gpt-4o-mini\" = \"smollm2-135m-instruct\" }; a model's own name comes first.");
  keys.flag("lazy", &S::lazy, "Whether models that are not in required are loaded when a request first asks for them, which then waits.");
  keys.duration("sleep_after", &S::sleep_after, {0, 365 * seconds_of_a_day},
                "A model that nobody has asked for in that time gives its memory back until somebody does; 0s is never.");
  keys.integer("versions", &S::versions, {1, 64}, "So many versions of a tensor model, the newest, are loaded without being asked for.");
  keys.duration("watch", &S::watch, {0, seconds_of_a_day},
                "How often the folders are looked into for new versions and gone ones; 0s is never.");
  keys.integer(
          "max_tokens", &S::max_tokens, {0, 1 << 20},
          "The most tokens that a request may ask an answer to have, whatever the model; who asks for no number gets at most these. 0 is "
          "no ceiling.")
      .alias("LLM_MAX_TOKENS");
  keys.integer("max_prompt", &S::max_prompt, {1, gateway::Ceilings().prompt}, "The most characters of a prompt on /api/llm/generate.")
      .alias("MAX_PROMPT_LENGTH");
  return keys;
}

config::Schema<LlamaSettings> llama_keys() {
  using S = LlamaSettings;
  config::Schema<S> keys;
  keys.choice<Isolation>(
      "isolation", &S::isolation, {{"process", Isolation::process}, {"thread", Isolation::thread}},
      "Where a language model runs: in a child process that can open nothing, or, for tests, on a thread of the server.");
  keys.integer("threads", &S::threads, {0, 1024},
               "Compute threads of a language model, at most: fewer while others use the cores. 0 is as many as there are cores.");
  keys.integer("context", &S::context, {64, 1 << 20}, "Tokens of prompt and answer that a seat holds, at most the model's own context.");
  keys.integer("sequences", &S::sequences, {1, 256}, "Seats of a language model: how many answers it computes at once.");
  keys.integer("queue", &S::queue, {1, 65'536}, "How many requests may wait for a seat; above it 503.");
  keys.integer("prefill_chunk", &S::prefill_chunk, {1, 4096},
               "Tokens of prompts that are computed at a time, at most, while other answers go on; fewer on a slow machine.");
  keys.duration("hang_after", &S::hang_after, {0, 3600},
                "How long a model may say nothing, or be in one step, before it is ended and started again; a step may always take twenty "
                "times what is usual. 0s is for ever.");
  keys.duration("recycle_after", &S::recycle_after, {0, 365 * seconds_of_a_day},
                "How old the process of a model becomes before a new one takes its place, without a failed request; 0s is never.");
  keys.integer("recycle_calls", &S::recycle_calls, {0, 1'000'000'000}, "How many requests it answers before that; 0 is any number.");
  keys.size("recycle_memory", &S::recycle_memory, {0, 1024 * 1024 * mib_of_bytes},
            "How much memory it takes before that; 0B is any amount.");
  keys.integer("prefix_memory", &S::prefix_memory, {0, 1 << 20},
               "MiB for computed beginnings of prompts, so that a tenant's next request that begins alike need not compute them; 0: none "
               "are kept, nor shared between requests at the same time.");
  return keys;
}

config::Schema<OnnxSettings> onnx_keys() {
  using S = OnnxSettings;
  config::Schema<S> keys;
  keys.choice<Isolation>("isolation", &S::isolation, {{"process", Isolation::process}, {"thread", Isolation::thread}},
                         "Where a tensor model runs: in a child process that can open nothing, or, for tests, on a thread of the server.");
  keys.integer("threads", &S::threads, {1, 1024}, "Threads that compute one call of a tensor model; calls of one model come one by one.");
  keys.integer("queue", &S::queue, {1, 65'536}, "How many calls may wait for a tensor model; above it 503.");
  keys.duration(
      "hang_after", &S::hang_after, {0, 3600},
      "How long a call of a tensor model may compute: then it is ended and refused (504), and not made again. An engine that does not "
      "end it, or says nothing for that long, is ended two seconds later and started again. 0s is for ever.");
  keys.integer(
      "batch_delay", &S::batch_delay, {0, 1000},
      "Milliseconds that a call may wait for others, to be computed with them as rows of one: of models whose inputs and outputs all have "
      "a free number of rows, and whose rows have nothing to do with one another. 0: each is computed by itself.");
  keys.duration("recycle_after", &S::recycle_after, {0, 365 * seconds_of_a_day},
                "How old the process of a tensor model becomes before a new one takes its place, without a failed request; 0s is never.");
  keys.integer("recycle_calls", &S::recycle_calls, {0, 1'000'000'000}, "How many calls it answers before that; 0 is any number.");
  keys.size("recycle_memory", &S::recycle_memory, {0, 1024 * 1024 * mib_of_bytes},
            "How much memory it takes before that; 0B is any amount.");
  keys.text("library", &S::library,
            "The file of ONNX Runtime, 1.29 or later, such as one for other devices; empty is the one that came with it.");
  return keys;
}

std::uint32_t LlamaSettings::compute_threads() const { return threads > 0 ? threads : std::max(1U, std::thread::hardware_concurrency()); }

std::vector<std::filesystem::path> model_folders(const ModelSettings& models) {
  std::vector<std::filesystem::path> folders{"./models"};
  folders.insert(folders.end(), models.dirs.begin(), models.dirs.end());
  return folders;
}

}  // namespace gatehouse::app
