// Written by python -m tests.wire_types from wire.py: change that, and not this.

/**
 * A CSS colour for each class, in the light theme and in the dark one.
 */
export interface ClassColours {
  light: string[];
  dark: string[];
}

/**
 * The CSS colour of each loss term.
 */
export interface TermColours {
  reconstruction: string;
  kl: string;
}

/**
 * The facts about a likelihood: the fields of models.likelihood.LikelihoodFacts.
 */
export interface Likelihood {
  name: string;
  is_binary: boolean;
  is_density: boolean;
  has_stddev: boolean;
  unit: string;
  short_unit: string;
  unit_per_image: string;
}

/**
 * A model. ``url`` is the address of a gzipped safetensors file: decoder weights and codes of ``images`` images.
 *
 * ``metrics`` are averages over those images, each binarised ``binarisations`` times, in the units of
 * models.evaluation.summarise. The reconstruction of each code is the mean over ``samples`` draws of z (0: an
 * integral). ``images_url`` is the address of the images, see explorer.server.assets.images_url. Without an encoder
 * the codes describe p(z|x) itself. ``from_scratch``: a shipped model of the series that differs in ``beta`` only.
 * ``pixel_stddev`` is sigma of grey pixels. ``kept``: a model that the visitor has saved, with the visitor's label.
 */
export interface Model {
  name: string;
  label: string;
  beta: number;
  from_scratch: boolean;
  kept: boolean;
  url: string;
  story: string;
  dataset: string;
  likelihood: Likelihood;
  pixel_stddev: number | null;
  class_names: string[];
  images_url: string | null;
  images: number;
  has_encoder: boolean;
  samples: number;
  binarisations: number;
  metrics: Record<string, number>;
}

/**
 * The loss at one KL weight, reconstruction + beta * KL in nats per image, of models that differ in the seed only.
 *
 * ``low`` and ``high`` are the least and the greatest of ``seeds`` seeds.
 */
export interface LossRange {
  beta: number;
  low: number;
  high: number;
  seeds: number;
}

/**
 * One model for every KL weight from ``low`` to ``high``. ``model`` is the one at beta = 1, with a file of its own.
 *
 * ``table_url`` is the address of a file as models.dial_bytes.decoder_bytes makes it, gzipped; ``encoder_url``, of one
 * as encoder_bytes does. ``metrics`` are the averages over the images at each of the KL weights ``betas`` of its
 * table, of which ``marks`` are named. For each named KL weight of which measures of the same images are shipped,
 * ``dedicated`` has the losses of models that were trained for it alone, and ``seeds`` those of the shipped dial and
 * others of its recipe.
 */
export interface Dial {
  model: Model;
  table_url: string;
  encoder_url: string;
  low: number;
  high: number;
  betas: number[];
  marks: number[];
  metrics: Record<string, number>[];
  dedicated: LossRange[];
  seeds: LossRange[];
}

/**
 * A model that can be chosen as A or B. ``encoder_url``: the address of a gzipped safetensors file of its encoder.
 *
 * ``measures`` are those of models.measures.measure, or None if it is not measured; ``measuring``: it is being
 * measured.
 */
export interface Choice {
  name: string;
  label: string;
  beta: number;
  from_scratch: boolean;
  kept: boolean;
  url: string;
  story: string;
  dataset: string;
  likelihood: Likelihood;
  pixel_stddev: number | null;
  class_names: string[];
  images_url: string | null;
  images: number;
  has_encoder: boolean;
  samples: number;
  binarisations: number;
  metrics: Record<string, number>;
  encoder_url: string | null;
  measures: Record<string, number> | null;
  measuring: boolean;
}

/**
 * The measures of a model that differs from the shipped one of this ``beta`` only in the ``seed``.
 */
export interface Seed {
  beta: number;
  seed: number;
  measures: Record<string, number>;
}

/**
 * The classifier of prior draws: its accuracy on test images, if known; the probability from which on it counts as
 * confident; the number of draws.
 */
export interface Classifier {
  test_accuracy: number | null;
  sure: number;
  draws: number;
}

/**
 * The state of a run after ``step`` steps; step 0 is the initial model.
 *
 * ``url`` is the address of a file like that of Model. ``reconstruction`` and ``kl`` are averages over its images, in
 * nats per image; ``spread`` and ``mean_sigma``, see models.evaluation.summarise, in units of z; ``weight`` is the
 * current KL weight; ``pixel_stddev`` is sigma of grey pixels.
 */
export interface Frame {
  step: number;
  url: string;
  reconstruction: number;
  kl: number;
  spread: number;
  mean_sigma: number;
  weight: number;
  pixel_stddev: number | null;
}

/**
 * A frame that can be chosen as A or B, with its encoder.
 */
export interface Moment {
  step: number;
  url: string;
  reconstruction: number;
  kl: number;
  spread: number;
  mean_sigma: number;
  weight: number;
  pixel_stddev: number | null;
  encoder_url: string;
}

/**
 * The loss terms of training batches after the steps ``step``: means in nats per image.
 */
export interface TrainingCurve {
  step: number[];
  reconstruction: number[];
  kl: number[];
}

/**
 * The owner changed the KL weight to ``weight`` after ``step`` steps.
 */
export interface WeightChange {
  step: number;
  weight: number;
}

/**
 * A training run of ``steps`` steps, ``epoch`` steps per epoch, with its frames so far.
 *
 * ``name`` is its key; ``label`` is shown above its map. Each of the ``frames`` shows ``images`` held-out images. They
 * are in order of step; new ones are appended, and old ones may be removed. ``waiting`` is the sentence on the map
 * before the first frame. By itself the KL weight reaches ``beta`` at the step ``settles_at``.
 */
export interface Run {
  name: string;
  label: string;
  dataset: string;
  likelihood: Likelihood;
  class_names: string[];
  images: number;
  steps: number;
  epoch: number;
  beta: number;
  settles_at: number;
  ended: boolean;
  waiting: string;
  frames: Frame[];
  training: TrainingCurve;
  changes: WeightChange[];
}

/**
 * A training run whose ``frames`` can be chosen as A or B; ``name`` is "run-" and the run's name.
 */
export interface RunChoice {
  name: string;
  label: string;
  dataset: string;
  likelihood: Likelihood;
  class_names: string[];
  images_url: string | null;
  images: number;
  frames: Moment[];
}

/**
 * For every page: the colours, and the addresses of Plotly and of the classifier.
 */
export interface PageData {
  class_colours: ClassColours;
  term_colours: TermColours;
  plotly_url: string;
  classifier_url: string;
}

/**
 * For a page whose state is in its address: the link state to start from, and the default one.
 */
export interface LinkedData {
  class_colours: ClassColours;
  term_colours: TermColours;
  plotly_url: string;
  classifier_url: string;
  start: Record<string, string>;
  defaults: Record<string, string>;
}

/**
 * For the map; the ``dials`` are the shipped one, where its file can be read, then the visitor's.
 */
export interface MapData {
  class_colours: ClassColours;
  term_colours: TermColours;
  plotly_url: string;
  classifier_url: string;
  start: Record<string, string>;
  defaults: Record<string, string>;
  models: Model[];
  dials: Dial[];
}

/**
 * For the two maps side by side; ``dials`` as for the map.
 */
export interface CompareData {
  class_colours: ClassColours;
  term_colours: TermColours;
  plotly_url: string;
  classifier_url: string;
  start: Record<string, string>;
  defaults: Record<string, string>;
  models: Choice[];
  dials: Dial[];
  runs: RunChoice[];
  seeds: Seed[];
  classifier: Classifier;
}

/**
 * For the map of one image's posterior; ``dials`` as for the map. ``worker_url`` is the address of the script that
 * computes it, gzipped. ``evidence``: for each shipped model by name its averages, see explorer.server.evidence.
 */
export interface ProbabilityData {
  class_colours: ClassColours;
  term_colours: TermColours;
  plotly_url: string;
  classifier_url: string;
  start: Record<string, string>;
  defaults: Record<string, string>;
  models: Choice[];
  dials: Dial[];
  worker_url: string;
  evidence: Record<string, Record<string, number>>;
}

/**
 * A decoder that was trained exactly for a z of ``count`` equally likely values.
 *
 * ``url`` is the address of a gzipped safetensors file: z float32 [K, 2] and the pixels' logits float16 [K, 784].
 * ``log_evidence`` is the average of log p(x) over the test images, in nats per image.
 */
export interface FewValues {
  count: number;
  url: string;
  log_evidence: number;
}

/**
 * What log p(x) costs for a small VAE whose z has ``numbers`` numbers: averages over ``images`` test images.
 *
 * By a grid of ``grid_points`` points, ``along_each_axis``: ``grid_log_evidence`` in nats per image, None where no
 * grid could be decoded and its size is extrapolated. By ``draws`` draws of the encoder's q: their importance bound in
 * nats per image, and their effective sample size.
 */
export interface Dimensions {
  numbers: number;
  images: number;
  grid_points: number;
  along_each_axis: number;
  grid_log_evidence: number | null;
  importance_bound: number;
  draws: number;
  effective_draws: number;
}

/**
 * For the story; ``dial`` is None where its file cannot be read, and ``few`` are the decoders of a z of few values.
 *
 * ``evidence``: for each shipped model by name its measured averages of models.inference.UNITS and of
 * models.lookup_costs.UNITS over the test images; empty where its file cannot be read, as are ``seeds`` and
 * ``dimensions``.
 */
export interface StoryData {
  class_colours: ClassColours;
  term_colours: TermColours;
  plotly_url: string;
  classifier_url: string;
  start: Record<string, string>;
  defaults: Record<string, string>;
  models: Choice[];
  dial: Dial | null;
  few: FewValues[];
  dimensions: Dimensions[];
  seeds: Seed[];
  evidence: Record<string, Record<string, number>>;
}

/**
 * For the maps of one run or two; ``invitation`` is shown beside the map until the first frame arrives.
 */
export interface RunData {
  class_colours: ClassColours;
  term_colours: TermColours;
  plotly_url: string;
  classifier_url: string;
  runs: Run[];
  invitation: string;
}

/**
 * For the dial of a run's KL weight: the current ``weight``, and the dial's stops and named stops, ascending.
 *
 * The first stop is 0. ``weight`` may lie between stops.
 */
export interface WeightDialData {
  weight: number;
  weights: number[];
  marks: number[];
  term_colours: TermColours;
}

/**
 * For the two densities.
 */
export interface DivergenceData {
  term_colours: TermColours;
}
