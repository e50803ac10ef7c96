//! The layers that blocks and heads are made of.
//!
//! Convolutions and dense layers multiply in the kind of number that comes in, single precision or bfloat16; their weights,
//! the gradients of these and all statistics are in single precision.

use tch::nn::init::{FanInOut, NonLinearity, NormalOrUniform};
use tch::nn::{Init, Path};
use tch::{Kind, TchError, Tensor};

use crate::inference::EPSILON;
use crate::recipe::Padding;
use crate::shared_tensor::SharedTensor;

/// Convolutions start as He et al. (2015) draw them for ReLU layers.
const HE: Init =
    Init::Kaiming { dist: NormalOrUniform::Normal, fan: FanInOut::FanIn, non_linearity: NonLinearity::ReLU };
/// The classifier starts near zero: with dropout before it, larger weights make the first logits so far apart that the
/// first epochs are spent on taking them back.
pub(super) const NEAR_ZERO: Init = Init::Randn { mean: 0.0, stdev: 0.01 };

/// Dense layers start as Glorot and Bengio (2010) draw them, which is what Keras does.
pub(super) fn glorot(inputs: i64, outputs: i64) -> Init {
    let limit = (6.0 / (inputs + outputs) as f64).sqrt();
    Init::Uniform { lo: -limit, up: limit }
}

/// What makes one convolution different from another.
#[derive(Clone, Copy)]
pub(super) struct ConvolutionShape {
    pub inputs: i64,
    pub outputs: i64,
    pub kernel: i64,
    pub stride: i64,
    pub padding: Padding,
}

/// A convolution, with a bias or a batch normalisation or both.
#[derive(Clone)]
pub(super) struct Convolution {
    weight: SharedTensor,
    bias: Option<SharedTensor>,
    stride: i64,
    padding: i64,
    /// Zeros more to the right and below, for even kernels.
    more: bool,
    norm: Option<BatchNormalisation>,
    /// Weight and bias for prediction: with the normalisation inside, and of the kind that is multiplied.
    ready: Option<(SharedTensor, Option<SharedTensor>)>,
}

impl Convolution {
    pub fn new(path: &Path, shape: ConvolutionShape, bias: bool, norm: bool) -> Result<Self, TchError> {
        let ConvolutionShape { inputs, outputs, kernel, stride, padding } = shape;
        let mut weight = path.f_var("weight", &[outputs, inputs, kernel, kernel], HE)?;
        let last = channels_last(&weight.f_detach()?)?;
        tch::no_grad(|| weight.set_data(&last));
        let norm = if norm { Some(BatchNormalisation::new(&path.sub("norm"), outputs)?) } else { None };
        let bias = if bias { Some(path.f_zeros("bias", &[outputs])?.into()) } else { None };
        let same = padding == Padding::Same;
        let padding = if same { (kernel - 1) / 2 } else { 0 };
        Ok(Self { weight: weight.into(), bias, stride, padding, more: same && kernel % 2 == 0, norm, ready: None })
    }

    /// Without the ReLU behind it.
    pub fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor, TchError> {
        match (&self.ready, &self.norm) {
            (Some((weight, bias)), _) if !train => self.convolve(x, weight, bias.as_deref()),
            (_, Some(norm)) => norm.forward(&self.convolve(x, &self.weight, self.bias.as_deref())?, train),
            (_, None) => self.convolve(x, &self.weight, self.bias.as_deref()),
        }
    }

    fn convolve(&self, x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor, TchError> {
        let wider = if self.more { Some(x.f_constant_pad_nd([0, 1, 0, 1])?) } else { None };
        let (stride, padding) = ([self.stride; 2], [self.padding; 2]);
        let (weight, bias) = (weight.f_to_kind(x.kind())?, bias.map(|b| b.f_to_kind(x.kind())).transpose()?);
        wider.as_ref().unwrap_or(x).f_conv2d(&weight, bias.as_ref(), stride, padding, [1, 1], 1)
    }

    /// Takes the normalisation, as it is now, into weight and bias, so that prediction saves a pass over each map, and keeps
    /// them as what is multiplied.
    pub fn prepare(&mut self, factors: Kind) -> Result<(), TchError> {
        if self.norm.is_none() && factors == Kind::Float {
            self.ready = None;
            return Ok(());
        }
        let _guard = tch::no_grad_guard();
        let (weight, bias) = match &self.norm {
            Some(norm) => {
                let scale = norm.variance.f_add_scalar(EPSILON)?.f_rsqrt()?.f_mul(&norm.weight)?;
                let middle = match &self.bias {
                    Some(bias) => bias.f_sub(&norm.mean)?,
                    None => norm.mean.f_neg()?,
                };
                let weight = self.weight.f_mul(&scale.f_reshape([-1, 1, 1, 1])?)?;
                (weight, Some(middle.f_mul(&scale)?.f_add(&norm.bias)?))
            }
            None => (self.weight.f_detach()?, self.bias.as_ref().map(|bias| bias.f_detach()).transpose()?),
        };
        let bias = bias.map(|bias| bias.f_to_kind(factors)).transpose()?;
        self.ready = Some((channels_last(&weight.f_to_kind(factors)?)?.into(), bias.map(Into::into)));
        Ok(())
    }
}

/// Weights o x i x h x w that lie channels-last in memory make libtorch run the whole trunk that way: 15 to 29 % faster.
fn channels_last(weight: &Tensor) -> Result<Tensor, TchError> {
    let (o, i, h, w) = weight.size4()?;
    let last = weight.f_permute([0, 2, 3, 1])?.f_contiguous()?;
    // The strides are said outright: those of a single channel could be of either order, and libtorch takes the other.
    last.f_as_strided([o, i, h, w], [h * w * i, 1, w * i, i], None)
}

/// Batch normalisation of maps or of the outputs of a dense layer (Ioffe and Szegedy 2015).
#[derive(Clone)]
pub(super) struct BatchNormalisation {
    weight: SharedTensor,
    bias: SharedTensor,
    mean: SharedTensor,
    variance: SharedTensor,
}

impl BatchNormalisation {
    pub fn new(path: &Path, channels: i64) -> Result<Self, TchError> {
        Ok(Self {
            weight: path.f_ones("weight", &[channels])?.into(),
            bias: path.f_zeros("bias", &[channels])?.into(),
            mean: path.f_zeros_no_train("running_mean", &[channels])?.into(),
            variance: path.f_ones_no_train("running_var", &[channels])?.into(),
        })
    }

    pub fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor, TchError> {
        let [w, b, m, v] = [&self.weight, &self.bias, &self.mean, &self.variance].map(|t| Some(&**t));
        x.f_batch_norm(w, b, m, v, train, 0.1, EPSILON, true)
    }
}

/// Layer normalisation over channels and pixels (Ba, Kiros and Hinton 2016).
#[derive(Clone)]
pub(super) struct LayerNormalisation {
    weight: SharedTensor,
    bias: SharedTensor,
    shape: [i64; 3],
}

impl LayerNormalisation {
    pub fn new(path: &Path, shape: [i64; 3]) -> Result<Self, TchError> {
        let (weight, bias) = (path.f_ones("weight", &shape)?.into(), path.f_zeros("bias", &shape)?.into());
        Ok(Self { weight, bias, shape })
    }

    pub fn forward(&self, x: &Tensor) -> Result<Tensor, TchError> {
        let single = x.f_to_kind(Kind::Float)?;
        let normal =
            single.f_layer_norm(self.shape.as_slice(), Some(&*self.weight), Some(&*self.bias), EPSILON, false)?;
        normal.f_to_kind(x.kind())
    }
}

/// A dense layer.
#[derive(Clone)]
pub(super) struct Dense {
    weight: SharedTensor,
    bias: SharedTensor,
    /// Both as another kind that is multiplied, for prediction.
    ready: Option<[SharedTensor; 2]>,
}

impl Dense {
    pub fn new(path: &Path, inputs: i64, outputs: i64, init: Init) -> Result<Self, TchError> {
        let weight = path.f_var("weight", &[outputs, inputs], init)?;
        Ok(Self { weight: weight.into(), bias: path.f_zeros("bias", &[outputs])?.into(), ready: None })
    }

    /// Keeps weight and bias as what is multiplied.
    pub fn prepare(&mut self, factors: Kind) -> Result<(), TchError> {
        let kept = |t: &Tensor| Ok::<_, TchError>(SharedTensor::from(t.f_detach()?.f_to_kind(factors)?));
        self.ready = if factors == Kind::Float { None } else { Some([kept(&self.weight)?, kept(&self.bias)?]) };
        Ok(())
    }

    pub fn forward(&self, x: &Tensor) -> Result<Tensor, TchError> {
        match &self.ready {
            Some([weight, bias]) if weight.kind() == x.kind() => x.f_linear(weight, Some(&**bias)),
            _ => x.f_linear(&self.weight.f_to_kind(x.kind())?, Some(&self.bias.f_to_kind(x.kind())?)),
        }
    }

    pub fn weight(&self) -> &Tensor {
        &self.weight
    }
}

/// Sets a share of the values to 0 while training, and scales the others up.
pub(super) fn dropout(x: Tensor, share: f64, train: bool) -> Result<Tensor, TchError> {
    if train && share > 0.0 { x.f_dropout(share, true) } else { Ok(x) }
}
