// SPDX-License-Identifier: Apache-2.0
// LibTorch's archives as entries of a checkpoint.
#include "integrations/torch/checkpoint.h"

#include <torch/serialize/archive.h>

#include <memory>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace manta::torch {
namespace {

using ::torch::serialize::InputArchive;
using ::torch::serialize::OutputArchive;

template <class Part>
void write_archive(CheckpointWriter& out, std::string_view name, const Part& part) {
  OutputArchive archive;
  part.save(archive);
  std::string bytes;
  archive.save_to([&bytes](const void* data, std::size_t size) {
    bytes.append(static_cast<const char*>(data), size);
    return size;
  });
  out.write_bytes(name, std::as_bytes(std::span(bytes)));
}

template <class Part>
void read_archive(const CheckpointReader& in, std::string_view name, c10::Device device, Part& part) {
  const std::span<const std::byte> bytes = in.read_bytes(name);
  InputArchive archive;
  archive.load_from(reinterpret_cast<const char*>(bytes.data()), bytes.size(), device);
  part.load(archive);
}

// LibTorch lets a tensor of any device and shape take the place of a parameter, so both are ours to keep.
c10::Device device_of(const std::vector<at::Tensor>& tensors) {
  return tensors.empty() ? c10::Device(c10::kCPU) : tensors.front().device();
}

struct NamedShape {
  std::string name;
  std::vector<std::int64_t> shape;
};

std::vector<NamedShape> shapes_of(const ::torch::nn::Module& module) {
  std::vector<NamedShape> shapes;
  for (const auto& tensors : {module.named_parameters(), module.named_buffers()})
    for (const auto& tensor : tensors) shapes.push_back({tensor.key(), tensor.value().sizes().vec()});
  return shapes;
}

std::string to_text(const std::vector<std::int64_t>& shape) {
  std::ostringstream text;
  text << c10::IntArrayRef(shape);
  return text.str();
}

}  // namespace

void save(CheckpointWriter& out, std::string_view name, const ::torch::nn::Module& module) {
  write_archive(out, name, module);
}

void load(const CheckpointReader& in, std::string_view name, ::torch::nn::Module& module) {
  const std::vector<NamedShape> before = shapes_of(module);
  read_archive(in, name, device_of(module.parameters()), module);
  const std::vector<NamedShape> after = shapes_of(module);
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i].shape == after[i].shape) continue;
    throw CheckpointError("checkpoint entry \"" + std::string(name) + "\": " + before[i].name + " has the shape " +
                          to_text(after[i].shape) + " there, " + to_text(before[i].shape) +
                          " here: it was saved by a module of another structure");
  }
}

void save(CheckpointWriter& out, std::string_view name, const ::torch::optim::Optimizer& optimizer) {
  write_archive(out, name, optimizer);
}

void load(const CheckpointReader& in, std::string_view name, ::torch::optim::Optimizer& optimizer) {
  auto& groups = optimizer.param_groups();
  // LibTorch before 2.0 leaves the options alone, later ones take the archive's.
  std::vector<std::unique_ptr<::torch::optim::OptimizerOptions>> options;
  for (const auto& group : groups) options.push_back(group.options().clone());
  read_archive(in, name, groups.empty() ? c10::Device(c10::kCPU) : device_of(groups.front().params()), optimizer);
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i].set_options(std::move(options[i]));
}

}  // namespace manta::torch
