// bench/peers/no_images.cc — what llama-server asks of its library for images and sound, which is not built here: text never needs it.
#include <mtmd-helper.h>
#include <mtmd.h>

#include <cstdlib>

// Called at every start and end.
mtmd_context_params mtmd_context_params_default() { return {}; }
mtmd_helper_init_opt mtmd_helper_init_opt_default() { return {}; }
void mtmd_helper_log_set(ggml_log_callback, void*) {}
void mtmd_free(mtmd_context*) {}
std::map<ggml_backend_dev_t, size_t> mtmd_get_memory_usage(const char*, mtmd_context_params) { std::abort(); }

// Never called without an image. By their names for the linker, whatever they take and give.
#define ABSENT(name)                   \
  void absent_##name() __asm__(#name); \
  void absent_##name() { std::abort(); }
ABSENT(mtmd_batch_add_chunk)
ABSENT(mtmd_batch_encode)
ABSENT(mtmd_batch_free)
ABSENT(mtmd_batch_get_output_embd)
ABSENT(mtmd_batch_init)
ABSENT(mtmd_bitmap_free)
ABSENT(mtmd_get_cap_from_file)
ABSENT(mtmd_helper_bitmap_init_from_buf)
ABSENT(mtmd_helper_decode_image_chunk)
ABSENT(mtmd_helper_support_video)
ABSENT(mtmd_helper_video_free)
ABSENT(mtmd_init_from_file)
ABSENT(mtmd_input_chunk_copy)
ABSENT(mtmd_input_chunk_free)
ABSENT(mtmd_input_chunk_get_id)
ABSENT(mtmd_input_chunk_get_n_pos)
ABSENT(mtmd_input_chunk_get_n_tokens)
ABSENT(mtmd_input_chunk_get_placeholder)
ABSENT(mtmd_input_chunk_get_tokens_text)
ABSENT(mtmd_input_chunk_get_type)
ABSENT(mtmd_input_chunk_load)
ABSENT(mtmd_input_chunk_save)
ABSENT(mtmd_input_chunks_free)
ABSENT(mtmd_input_chunks_get)
ABSENT(mtmd_input_chunks_init)
ABSENT(mtmd_input_chunks_size)
ABSENT(mtmd_support_audio)
ABSENT(mtmd_support_vision)
ABSENT(mtmd_tokenize)
